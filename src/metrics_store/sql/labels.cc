#include "metrics_store/sql/labels.h"

namespace clickmill::metrics_store::sql {

Binder& bind_dimensions(Binder& binder, const fold::Labels& labels, size_t count) {
    std::string_view rest = labels.text();
    for (size_t i = 0; i <= count; ++i) {
        const size_t end = rest.find('\0');
        if (i > 0) binder.text(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return binder;
}

fold::Labels read_labels(const Statement& row, int first, size_t dimensions) {
    fold::Labels labels;
    for (size_t i = 0; i <= dimensions; ++i) labels.append(row.text(first + static_cast<int>(i)));
    return labels;
}

}  // namespace clickmill::metrics_store::sql
