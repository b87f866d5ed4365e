// PostgreSQL's hll extension (Debian's postgresql-15-hll) against our sketches: it reads our bytes,
// counts what we count and unites what we unite. Only where a server is.
#include "fold/hll.h"
#include "sql/postgres_session.h"
#include "tests/contract/metrics_store_contract.h"

#include <random>

namespace clickmill::metrics_store {
namespace {

constexpr size_t kSketches = 10'000;

// Of every size: empty, lists of a few, and registers of up to twenty thousand people.
fold::Hll any_sketch(std::mt19937_64& random) {
    constexpr int64_t kMost[] = {1, 10, 400, 3'000, 20'000};
    const int64_t most = kMost[random() % std::size(kMost)];
    fold::Hll sketch;
    for (auto left = static_cast<int64_t>(random() % static_cast<uint64_t>(most)); left > 0; --left)
        sketch.add(fold::hll_hash(std::to_string(random())));
    return sketch;
}

class PostgresHll : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PostgresHll);

TEST_P(PostgresHll, CountsAndUnitesAsWeDo) {
    auto opened = sql::PgSession::open(GetParam(), {"metrics store", "metrics_store.url"});
    ASSERT_TRUE(opened) << opened.error().message();
    sql::PgSession& session = **opened;
    for (const char* text : {"CREATE EXTENSION hll",
                             "CREATE TABLE sketches (id BIGINT PRIMARY KEY, sketch BYTEA NOT NULL, "
                             "users BIGINT NOT NULL, united BIGINT NOT NULL)"}) {
        const auto done = session.execute(text);
        ASSERT_TRUE(done) << done.error().message();
    }
    std::mt19937_64 random(1);
    std::vector<fold::Hll> sketches;
    std::vector<int64_t> united;
    for (size_t i = 0; i < kSketches; ++i) {
        sketches.push_back(any_sketch(random));
        fold::Hll both = sketches.back();
        both.unite(sketches[i == 0 ? 0 : i - 1]);
        united.push_back(both.count());
    }
    ASSERT_TRUE(session.execute("BEGIN"));
    const auto stored =
        session.run_all("INSERT INTO sketches (id, sketch, users, united) VALUES (?1, ?2, ?3, ?4)",
                        kSketches, [&](size_t i, sql::Values& insert) {
                            sql::Binder(insert)
                                .integer(static_cast<int64_t>(i))
                                .bytes(sketches[i].bytes())
                                .integer(sketches[i].count())
                                .integer(united[i]);
                        });
    ASSERT_TRUE(stored) << stored.error().message();
    ASSERT_TRUE(session.execute("COMMIT"));

    const auto count = [&](const std::string& text) -> int64_t {
        auto rows = session.prepare({text, {}});
        EXPECT_TRUE(rows);
        const auto has_row = (*rows)->step();
        EXPECT_TRUE(has_row) << has_row.error().message();
        return has_row && *has_row ? (*rows)->integer(0) : -1;
    };
    EXPECT_EQ(count("SELECT count(*) FROM sketches"), static_cast<int64_t>(kSketches));
    EXPECT_EQ(count("SELECT count(*) FROM sketches WHERE round(# sketch::hll) = users"),
              static_cast<int64_t>(kSketches));
    EXPECT_EQ(count("SELECT count(*) FROM sketches AS s LEFT JOIN sketches AS p ON p.id = s.id - 1 "
                    "WHERE round(# (s.sketch::hll || coalesce(p.sketch, s.sketch)::hll)) = "
                    "s.united"),
              static_cast<int64_t>(kSketches));
}

INSTANTIATE_TEST_SUITE_P(OnAServer, PostgresHll,
                         testing::ValuesIn(server_of("CLICKMILL_TEST_POSTGRES")),
                         [](const auto&) { return std::string("Debian"); });

}  // namespace
}  // namespace clickmill::metrics_store
