#include "cli/cli.h"

namespace clickmill::cli {

int run(int, char**) {
    return 2;
}

}  // namespace clickmill::cli
