// Finds nothing in the program as it is, and every planted fault. CLICKMILL_SIMULATION_SEEDS says
// how many seeds (default 300).
#include "base/planted.h"
#include "tests/simulation/world.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace clickmill::simulation {
namespace {

uint64_t seeds_to_run() {
    const char* text = std::getenv("CLICKMILL_SIMULATION_SEEDS");
    return text ? std::strtoull(text, nullptr, 10) : 300;
}

TEST(Simulation, IsNeverWrongWhateverCrashesWakesOrComesLate) {
    planted_fault = "";
    for (uint64_t seed = 0; seed < seeds_to_run(); ++seed) {
        const auto wrong = World(seed).run();
        ASSERT_FALSE(wrong) << "seed " << seed << ": " << *wrong;
    }
}

class PlantedFault : public testing::TestWithParam<const char*> {
protected:
    void TearDown() override { planted_fault = ""; }
};

// Each rule of the protocol left out must be noticed; how many seeds that may take is measured,
// with room to spare.
TEST_P(PlantedFault, IsNoticed) {
    planted_fault = GetParam();
    for (uint64_t seed = 0; seed < 2'000; ++seed) {
        if (World(seed).run()) {
            RecordProperty("seeds", static_cast<int>(seed) + 1);
            return;
        }
    }
    FAIL() << "no seed noticed that this rule was left out";
}

INSTANTIATE_TEST_SUITE_P(EveryRule, PlantedFault,
                         testing::Values("no cell guard", "no load", "position first",
                                         "marks after rows", "settle reads rows first",
                                         "rebuild too short", "sketch guarded", "no marks",
                                         "day of any hours", "early acknowledgement"),
                         [](const auto& param) {
                             std::string name = param.param;
                             for (char& c : name) {
                                 if (c == ' ') c = '_';
                             }
                             return name;
                         });

}  // namespace
}  // namespace clickmill::simulation
