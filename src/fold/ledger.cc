#include "fold/ledger.h"

namespace clickmill::fold {

Accounting& Accounting::operator+=(const Accounting& other) {
    counted += other.counted;
    duplicate += other.duplicate;
    left_out += other.left_out;
    late += other.late;
    unreadable += other.unreadable;
    lost += other.lost;
    return *this;
}

}  // namespace clickmill::fold
