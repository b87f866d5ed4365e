# shellcheck shell=bash
# What the scripts share. Sourced from the root of the checkout.

# Puts the tools that setup has installed below this folder before the system's.
use_own_tools() {
    local folder
    for folder in "$PWD"/build/tools/node/node_modules/node-linux-*/bin; do
        [[ -d $folder ]] && PATH="$folder:$PATH"
    done
    export PATH
    hash -r
}
use_own_tools

say() {
    printf '\033[1m==> %s\033[0m\n' "$*" >&2
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

node_is_new_enough() {
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

# Whether anything that `folder` is built from is newer than `result`.
is_older_than() {
    local result=$1
    shift
    [[ ! -e $result ]] || [[ -n $(find "$@" -newer "$result" -not -path '*/node_modules/*' -not -path '*/dist/*' -type f -print -quit) ]]
}

# Builds what the program carries: SDK, demo page, dashboard.
build_web() {
    local package result
    for package in web/sdk web/demo web/dashboard; do
        [[ -f $package/package.json ]] || continue
        result=$package/dist/.built
        if is_older_than "$result" "$package"; then
            say "Building $package"
            (cd "$package" && npm run --silent build)
            touch "$result"
        fi
    done
}
