#include "metrics_store/header_rules.h"

#include <string>

namespace clickmill::metrics_store {

Result<void> may_replace(const Header& stored, const Header& built) {
    const auto refuse = [&](std::string why) {
        return fail(ErrorCode::Conflict, "cannot settle",
                    std::string(name_of(built.grain)) + " " + std::to_string(built.bucket),
                    std::move(why));
    };
    if (stored.is_forgotten) return refuse("its retention is over, so it stays as it is");
    if (stored.is_live_gone) return refuse("its live rows are gone, so it stays as it is");
    for (size_t i = 0; i < stored.positions.size(); ++i) {
        const Offset position = i < built.positions.size() ? built.positions[i] : Offset{};
        if (stored.positions[i] > position) {
            return refuse("partition " + std::to_string(i) + " is settled through offset " +
                          std::to_string(stored.positions[i].value) + " already, beyond " +
                          std::to_string(position.value));
        }
    }
    return {};
}

}  // namespace clickmill::metrics_store
