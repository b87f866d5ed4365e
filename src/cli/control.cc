// clickmill control copy: projects, keys, people and the catalogue into another control store.
#include "cli/commands.h"
#include "cli/console.h"
#include "control/copy.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

namespace clickmill::cli {

namespace {

// Nothing: this is no address of a control store.
std::optional<control::Options> options_of(const std::string& address) {
    constexpr std::string_view kFile = "sqlite:";
    if (address.starts_with(kFile)) return control::Options{.path = address.substr(kFile.size())};
    if (address.starts_with("postgres")) return control::Options{.url = address};
    fmt::print(stderr,
               "clickmill: '{}' is no control store: write sqlite:PATH (of a control.db) or "
               "postgresql://...\n",
               address);
    return std::nullopt;
}

}  // namespace

int copy_control(const ControlCopyArguments& arguments) {
    const auto from = options_of(arguments.from);
    const auto to = options_of(arguments.to);
    if (!from || !to) return kWrongUse;
    const auto rows = control::copy_control(*from, *to);
    if (!rows) return report(rows.error());
    fmt::print(
        "copied: {} rows. Set control.url to the new place on every machine and start the servers "
        "anew; the old one is as it was\n",
        *rows);
    return kDone;
}

}  // namespace clickmill::cli
