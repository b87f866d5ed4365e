// Runs a fuzz target without libFuzzer: every seed of a folder, every prefix of short ones, and a
// fixed number of mutations, always the same.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr int kMutationsOfASeed = 400;
constexpr size_t kShort = 600;

struct Random {
    uint64_t state = 0x9e3779b97f4a7c15;
    size_t below(size_t limit) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return static_cast<size_t>(state % limit);
    }
};

void run(const std::string& bytes) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

// One to four small changes: a byte, a cut, a repetition, a bit of another seed.
std::string mutated(std::string bytes, const std::string& other, Random& random) {
    for (size_t changes = 1 + random.below(4); changes > 0 && !bytes.empty(); --changes) {
        const size_t at = random.below(bytes.size());
        const size_t size = 1 + random.below(8);
        switch (random.below(4)) {
            case 0:
                bytes[at] = static_cast<char>(random.below(256));
                break;
            case 1:
                bytes.erase(at, size);
                break;
            case 2:
                bytes.insert(at, bytes.substr(at, size));
                break;
            default:
                if (!other.empty())
                    bytes.insert(at, other.substr(random.below(other.size()), size));
        }
    }
    return bytes;
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::string> seeds;
    for (int i = 1; i < count; ++i) {
        for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
            std::ifstream file(entry.path(), std::ios::binary);
            seeds.emplace_back(std::istreambuf_iterator<char>(file),
                               std::istreambuf_iterator<char>());
        }
    }
    if (seeds.empty()) {
        std::fputs("no seeds found; name a folder that holds some\n", stderr);
        return 2;
    }
    Random random;
    for (const std::string& seed : seeds) {
        run(seed);
        for (size_t size = 0; size < seed.size() && size < kShort; ++size)
            run(seed.substr(0, size));
        for (int i = 0; i < kMutationsOfASeed; ++i) {
            run(mutated(seed, seeds[random.below(seeds.size())], random));
        }
    }
    return 0;
}
