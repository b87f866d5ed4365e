#include "control/homes.h"

#include "control/schema.h"
#include "sql/postgres_session.h"
#include "sql/sqlite_session.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace clickmill::control {
namespace {

constexpr sql::PgPurpose kOfControl{"control store", "control.url"};

// SQLite would make the file readable for everybody; its WAL takes the rights of the file.
Result<void> make_private_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return fail(ErrorCode::Unavailable, "cannot open control store", path,
                    std::strerror(errno));
    ::close(file);
    return {};
}

Result<std::unique_ptr<sql::Session>> connect_to_file(const std::string& path) {
    RETURN_IF_ERROR(make_private_file(path));
    ASSIGN_OR_RETURN(auto session, sql::SqliteSession::open({.path = path}));
    RETURN_IF_ERROR(session->execute("PRAGMA foreign_keys = ON"));
    RETURN_IF_ERROR(upgrade_schema(*session, kFileVersions));
    return session;
}

Result<std::unique_ptr<sql::Session>> open_postgres(const std::string& url) {
    RETURN_IF_ERROR(sql::PgSession::check_url(url, kOfControl));
    return sql::PgSession::open(url, kOfControl);
}

Result<std::unique_ptr<sql::Session>> connect_to_postgres(const std::string& url) {
    ASSIGN_OR_RETURN(auto session, open_postgres(url));
    RETURN_IF_ERROR(session->execute("SET search_path TO clickmill_control"));
    RETURN_IF_ERROR(upgrade_schema(*session, kPostgresVersions));
    return session;
}

}  // namespace

Result<void> check_connection(const Options& options) {
    RETURN_IF_ERROR(open_postgres(options.url));
    return {};
}

Result<std::unique_ptr<sql::Session>> connect(const Options& at) {
    return at.url.empty() ? connect_to_file(at.path) : connect_to_postgres(at.url);
}

}  // namespace clickmill::control
