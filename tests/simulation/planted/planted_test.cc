// A suite that never caught a fault is no evidence: each rule of the protocol is left out in turn,
// at its place in the code (base/planted.h), and the same worlds must notice it.
#include "base/planted.h"

#include "tests/simulation/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>

namespace clickmill::simulation {
namespace {

struct Fault {
    const char* name;
    uint64_t first_seed = 0;  // the rarest shows once in some hundred seeds: begin near it
};
void PrintTo(const Fault& fault, std::ostream* out) {
    *out << fault.name;
}

class PlantedFault : public testing::TestWithParam<Fault> {
protected:
    void TearDown() override { planted_fault = ""; }
};

TEST_P(PlantedFault, IsNoticed) {
    constexpr uint64_t kSeeds = 1'000;
    planted_fault = GetParam().name;
    for (uint64_t seed = GetParam().first_seed; seed < GetParam().first_seed + kSeeds; ++seed) {
        if (const auto wrong = World(seed).run()) {
            RecordProperty("seed", static_cast<int>(seed));
            RecordProperty("noticed", *wrong);
            return;
        }
    }
    FAIL() << "no seed noticed that this rule was left out";
}

INSTANTIATE_TEST_SUITE_P(
    EveryRule, PlantedFault,
    testing::Values(Fault{"no cell guard"}, Fault{"no load"}, Fault{"position first"},
                    Fault{"marks after rows"}, Fault{"settle reads rows first"},
                    Fault{"rebuild too short"}, Fault{"piece past the position"},
                    Fault{"sketch guarded"}, Fault{"no marks"}, Fault{"marks at commit"},
                    Fault{"day of any hours"}, Fault{"write behind a loaded row", 2'290},
                    Fault{"early acknowledgement"}),
    [](const auto& param) {
        std::string name = param.param.name;
        std::replace(name.begin(), name.end(), ' ', '_');
        return name;
    });

}  // namespace
}  // namespace clickmill::simulation
