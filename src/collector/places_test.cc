#include "collector/places.h"

#include "collector/test_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <fstream>

namespace clickmill::collector {
namespace {

// Writes a small IPv4 file as maxmind.github.io/MaxMind-DB has it: a binary tree of 24-bit records,
// the data of the networks, and a description.
class GeoFile {
public:
    // `data` is one encoded value; see map() and text().
    void add(const char* network, int bits, const std::string& data) {
        in_addr address{};
        ASSERT_EQ(inet_pton(AF_INET, network, &address), 1);
        const uint32_t number = ntohl(address.s_addr);
        size_t node = 0;
        for (int bit = 0; bit < bits; ++bit) {
            const size_t side = number >> (31 - bit) & 1;
            if (bit == bits - 1) {
                nodes_[node][side] = -1 - static_cast<int64_t>(data_.size());
            } else {
                if (nodes_[node][side] <= 0) {
                    nodes_[node][side] = static_cast<int64_t>(nodes_.size());
                    nodes_.push_back({});
                }
                node = static_cast<size_t>(nodes_[node][side]);
            }
        }
        data_ += data;
    }

    void write(const std::string& path) const {
        std::string bytes;
        const auto count = static_cast<int64_t>(nodes_.size());
        for (const auto& node : nodes_) {
            for (const int64_t side : node) {
                const int64_t record = side < 0 ? count + 16 - 1 - side : side == 0 ? count : side;
                for (const int shift : {16, 8, 0}) bytes += static_cast<char>(record >> shift);
            }
        }
        bytes += std::string(16, '\0') + data_ + "\xab\xcd\xefMaxMind.com";
        bytes += map({{"node_count", number(6, static_cast<uint32_t>(count))},
                      {"record_size", number(5, 24)},
                      {"ip_version", number(5, 4)},
                      {"database_type", text("Test")},
                      {"languages", std::string("\x00\x04", 2)},
                      {"description", map({})},
                      {"binary_format_major_version", number(5, 2)},
                      {"binary_format_minor_version", number(5, 0)},
                      {"build_epoch", number(9, 1)}});
        std::ofstream(path, std::ios::binary) << bytes;
    }

    static std::string text(const std::string& value) {
        return static_cast<char>(2 << 5 | static_cast<int>(value.size())) + value;
    }
    static std::string map(const std::vector<std::pair<std::string, std::string>>& members) {
        std::string bytes(1, static_cast<char>(7 << 5 | static_cast<int>(members.size())));
        for (const auto& [name, value] : members) bytes += text(name) + value;
        return bytes;
    }
    static std::string list(const std::string& only) { return std::string("\x01\x04", 2) + only; }

private:
    static std::string number(int type, uint32_t value) {
        std::string bytes;
        for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift);
        const int size = type == 5 ? 2 : 4;
        bytes.erase(0, static_cast<size_t>(4 - size));
        if (type > 7)
            return std::string{static_cast<char>(size), static_cast<char>(type - 7)} + bytes;
        return static_cast<char>(type << 5 | size) + bytes;
    }

    std::vector<std::array<int64_t, 2>> nodes_{{}};  // 0: nothing, below 0: -1 - place in data_
    std::string data_;
};

std::string german_bavaria() {
    return GeoFile::map(
        {{"country", GeoFile::map({{"iso_code", GeoFile::text("DE")}})},
         {"subdivisions", GeoFile::list(GeoFile::map({{"iso_code", GeoFile::text("BY")}}))}});
}

class PlacesTest : public testing::Test {
protected:
    void SetUp() override {
        GeoFile file;
        file.add("198.51.100.0", 24, german_bavaria());
        file.add("203.0.113.0", 25,
                 GeoFile::map({{"country_code", GeoFile::text("NP")}}));  // as the CC0 sets have it
        file.write(path);
    }
    TestFolder folder;
    const std::string path = folder.path + "/test.mmdb";
};

TEST_F(PlacesTest, FindsCountryAndRegion) {
    const auto places = Places::open(path);
    ASSERT_TRUE(places) << places.error().message();
    EXPECT_EQ((*places)->find("198.51.100.7").country, "DE");
    EXPECT_EQ((*places)->find("198.51.100.7").region, "DE-BY");
    EXPECT_EQ((*places)->find("203.0.113.1").country, "NP");
    EXPECT_EQ((*places)->find("203.0.113.1").region, "");
    for (const char* unknown :
         {"203.0.113.200", "192.0.2.1", "2001:db8::1", "not an address", ""}) {
        EXPECT_EQ((*places)->find(unknown).country, "") << unknown;
    }
}

TEST_F(PlacesTest, StandsInTheLineOfAClick) {
    TestCollector shop({.geo_file = path});
    shop.address = "198.51.100.7";
    shop.click(R"({"feature_id":"f"})");
    EXPECT_THAT(shop.line(), testing::HasSubstr(R"("country":"DE","region":"DE-BY")"));
    EXPECT_THAT(shop.line(), testing::Not(testing::HasSubstr("198.51")));
}

TEST_F(PlacesTest, SaysWhatIsWrongWithAFile) {
    std::ofstream(folder.path + "/junk.mmdb") << "junk";
    const auto junk = Places::open(folder.path + "/junk.mmdb");
    ASSERT_FALSE(junk);
    EXPECT_EQ(junk.error().code, ErrorCode::Corrupt);
    const auto none = Places::open(folder.path + "/none.mmdb");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::NotFound);
    EXPECT_EQ((*Places::open(""))->find("198.51.100.7").country, "");
}

}  // namespace
}  // namespace clickmill::collector
