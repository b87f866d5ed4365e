// The command line: one file per command.
#pragma once

namespace clickmill::cli {

// Runs the command that the arguments name. Returns the exit code: 0 done, 1 failed, 2 wrong use.
int run(int argc, char** argv);

}  // namespace clickmill::cli
