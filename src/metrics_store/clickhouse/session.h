// Questions to a ClickHouse server in the words that the SQL stores share.
#pragma once

#include "metrics_store/clickhouse/client.h"
#include "metrics_store/sql/labels.h"

#include <map>
#include <memory>
#include <string>

namespace clickmill::metrics_store {

// One thread at a time; the server knows nothing of it. ?1 is sent as a parameter of the type that
// was bound, and is never part of a text.
class ChReadSession final : public sql::ReadSession {
public:
    explicit ChReadSession(ChClient& client);
    ~ChReadSession() override;

    const sql::Dialect& dialect() const override { return sql::kClickHouse; }
    Result<sql::Statement*> statement(const std::string& text) override;
    Result<std::unique_ptr<sql::Statement>> prepare(const sql::Query& query) override;

private:
    class ChStatement;

    ChClient& client_;
    std::map<std::string, std::unique_ptr<ChStatement>> statements_;
};

}  // namespace clickmill::metrics_store
