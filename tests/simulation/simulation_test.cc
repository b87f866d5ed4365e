// Finds nothing in the program as it is. CLICKMILL_SIMULATION_SEEDS says how many seeds (default
// 100). What it would find: planted/.
#include "base/planted.h"
#include "tests/simulation/world.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace clickmill::simulation {
namespace {

uint64_t seeds_to_run() {
    const char* text = std::getenv("CLICKMILL_SIMULATION_SEEDS");
    return text ? std::strtoull(text, nullptr, 10) : 100;
}

TEST(Simulation, IsNeverWrongWhateverCrashesWakesOrComesLate) {
    planted_fault = "";
    for (uint64_t seed = 0; seed < seeds_to_run(); ++seed) {
        const auto wrong = World(seed).run();
        ASSERT_FALSE(wrong) << "seed " << seed << ": " << *wrong;
    }
}

}  // namespace
}  // namespace clickmill::simulation
