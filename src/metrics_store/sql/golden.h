// Golden files of generated SQL: what the generator makes is compared with what a person read and
// agreed to. CLICKMILL_UPDATE_GOLDEN=1 writes the files anew; the diff is then for review.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace clickmill::metrics_store::sql {

// A text of named parts in order.
class Golden {
public:
    void add(std::string_view name, std::string_view text) {
        out_ << "-- " << name << "\n" << text << "\n\n";
    }

    void expect_equals(const std::string& file) const {
        const std::string path =
            std::string(CLICKMILL_SOURCE_DIR "/src/metrics_store/sql/golden/") + file;
        if (std::getenv("CLICKMILL_UPDATE_GOLDEN")) std::ofstream(path) << out_.str();
        std::ostringstream agreed;
        agreed << std::ifstream(path).rdbuf();
        EXPECT_EQ(agreed.str(), out_.str())
            << path << " differs: when the change is meant, run with CLICKMILL_UPDATE_GOLDEN=1";
    }

private:
    std::ostringstream out_;
};

}  // namespace clickmill::metrics_store::sql
