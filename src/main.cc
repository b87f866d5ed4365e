// The one binary. Every command lives in cli/, one file each.
#include "cli/cli.h"

int main(int argc, char** argv) {
    return clickmill::cli::run(argc, argv);
}
