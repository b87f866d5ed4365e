// clickmill user add, user link, user list, user remove.
#include "cli/commands.h"
#include "cli/console.h"

#include <fmt/format.h>

#include <algorithm>

namespace clickmill::cli {

namespace {

constexpr std::chrono::hours kLinkHolds{48};

int print_link(control::Control& control, const control::Person& person,
               const config::Config& config) {
    const auto token = control.make_sign_in(person.id, kLinkHolds);
    if (!token) return report(token.error());
    fmt::print("{}/signin?token={}\n", public_url(config), *token);
    fmt::print(stderr, "This link signs {} in once, within {} hours.\n", person.name,
               kLinkHolds.count());
    return kDone;
}

}  // namespace

int add_user(const UserArguments& arguments) {
    return with_control(
        arguments.settings, [&](control::Control& control, const config::Config& config) {
            const auto person = control.add_person(
                arguments.name, arguments.is_admin ? control::Role::Admin : control::Role::Viewer);
            if (!person) return report(person.error());
            return print_link(control, *person, config);
        });
}

int link_user(const UserArguments& arguments) {
    return with_control(
        arguments.settings, [&](control::Control& control, const config::Config& config) {
            const auto people = control.people();
            if (!people) return report(people.error());
            const auto person =
                std::find_if(people->begin(), people->end(),
                             [&arguments](const auto& p) { return p.name == arguments.name; });
            if (person == people->end()) {
                return report(
                    {.code = ErrorCode::NotFound,
                     .what = "cannot make a sign-in link",
                     .where = arguments.name,
                     .why = "nobody has this name; 'clickmill user list' shows who there is"});
            }
            return print_link(control, *person, config);
        });
}

int list_users(const UserArguments& arguments) {
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        const auto people = control.people();
        if (!people) return report(people.error());
        std::vector<std::vector<std::string>> rows = {{"name", "role", "since"}};
        for (const control::Person& person : *people) {
            rows.push_back({person.name, person.role == control::Role::Admin ? "admin" : "viewer",
                            date_text(person.created_at)});
        }
        print_table(rows);
        return kDone;
    });
}

int remove_user(const UserArguments& arguments) {
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        if (const auto done = control.remove_person(arguments.name); !done) {
            return report(done.error());
        }
        fmt::print("{} is removed and signed out everywhere\n", arguments.name);
        return kDone;
    });
}

}  // namespace clickmill::cli
