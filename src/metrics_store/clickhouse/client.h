// A ClickHouse server over its HTTP interface (libcurl): questions and inserts, one request each.
// Requests that get no answer may have been done: everything that is sent may be sent again.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clickmill::metrics_store {

// "clickhouse://user:password@host:8123/database", or "clickhouses://" for TLS (port 8443).
struct ChAddress {
    std::string url;  // http(s)://host:port/
    std::string user;
    std::string password;
    std::string database = "default";
};
// InvalidInput: it is no such url.
Result<ChAddress> parse_clickhouse_url(const std::string& url);

struct ChParameter {
    std::string name;   // {name:Type} in the text
    std::string value;  // as in a TSV field: escaped_text()
};
// As a value of the type String, and as one of an array or tuple.
std::string escaped_text(std::string_view text);
std::string quoted_text(std::string_view text);

struct ChOptions {
    bool is_cluster = false;  // ask for inserts of a quorum and reads that see them
    std::chrono::seconds connect_timeout{5};
    std::chrono::seconds answer_timeout{120};
};

// Any thread.
class ChClient {
public:
    ChClient(ChAddress address, ChOptions options);
    ~ChClient();

    // Runs one statement; its rows in `format`. Errors: Unavailable (no answer, or the server says
    // not now), Timeout, Internal (it says that the statement is wrong).
    Result<std::string> query(const std::string& text, std::string_view format = "RowBinary",
                              std::span<const ChParameter> parameters = {});
    // `text` ends with its FORMAT; `rows` is in it. Once it returns, the rows are on disk.
    Result<void> insert(const std::string& text, const std::string& rows,
                        std::span<const ChParameter> parameters = {});

    const std::string& database() const { return address_.database; }

private:
    class Handle;
    Result<std::string> request(std::string_view in_url, const std::string& body,
                                std::string_view format, std::span<const ChParameter> parameters);
    std::unique_ptr<Handle> take();

    const ChAddress address_;
    const ChOptions options_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Handle>> idle_;  // guarded by mutex_
};

}  // namespace clickmill::metrics_store
