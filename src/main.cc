// The one binary. Every command lives in cli/, one file each.
#include "cli/cli.h"

#include <sys/stat.h>

int main(int argc, char** argv) {
    // What we write holds people's clicks and their keys: it is for our own user alone.
    umask(S_IRWXG | S_IRWXO);
    return clickmill::cli::run(argc, argv);
}
