#include "metrics_store/clickhouse/writer.h"

#include <fmt/core.h>

namespace clickmill::metrics_store {

Result<void> ChWriter::insert(std::string_view table, std::string_view columns,
                              const RowBinaryWriter& rows) {
    if (rows.is_empty()) return {};
    return client_.insert(fmt::format("INSERT INTO {} ({}) FORMAT RowBinary", table, columns),
                          rows.bytes());
}

void ChWriter::append_labels(RowBinaryWriter& rows, const fold::Labels& labels,
                             const StoredView& stored) {
    for (size_t i = 0; i < stored.dimensions(); ++i) rows.text(labels.dimension(i));
}

}  // namespace clickmill::metrics_store
