#include "event_log/embedded/page_scan.h"

#include <algorithm>
#include <span>

namespace clickmill::event_log {
namespace {

constexpr int64_t kMostPayload = 16 << 20;
constexpr int64_t kMostLocal = kPageBytes - 35;
constexpr int64_t kLeastLocal = (kPageBytes - 12) * 32 / 255 - 23;
constexpr int32_t kLongestVarint = 9;

constexpr int64_t kWalHeaderBytes = 32;
constexpr int64_t kFrameHeaderBytes = 24;

using Bytes = std::span<const uint8_t>;

uint32_t big_endian(Bytes bytes, size_t at) {
    return uint32_t{bytes[at]} << 24 | uint32_t{bytes[at + 1]} << 16 |
           uint32_t{bytes[at + 2]} << 8 | uint32_t{bytes[at + 3]};
}

uint32_t little_endian(Bytes bytes, size_t at) {
    return uint32_t{bytes[at + 3]} << 24 | uint32_t{bytes[at + 2]} << 16 |
           uint32_t{bytes[at + 1]} << 8 | uint32_t{bytes[at]};
}

// Moves `at` behind the number. Nothing when it runs over the end.
std::optional<int64_t> varint(Bytes bytes, size_t& at) {
    uint64_t value = 0;
    for (int i = 0; i < kLongestVarint; ++i) {
        if (at >= bytes.size()) return {};
        const uint8_t byte = bytes[at++];
        if (i == kLongestVarint - 1) return static_cast<int64_t>(value << 8 | byte);
        value = value << 7 | (byte & 0x7f);
        if (byte < 0x80) return static_cast<int64_t>(value);
    }
    return {};
}

// The bytes of a value of a serial type; negative for types that our rows do not have.
int64_t size_of_type(int64_t type) {
    constexpr std::array<int64_t, 10> kFixed{0, 1, 2, 3, 4, 6, 8, -1, 0, 0};
    if (type < 0 || type == 10 || type == 11) return -1;
    return type < 10 ? kFixed[static_cast<size_t>(type)] : (type - 12) / 2;
}

Column value_of(int64_t type, Bytes bytes) {
    if (type == 0) return {};
    if (type == 8 || type == 9) return type - 8;
    if (type >= 12) return std::string(bytes.begin(), bytes.end());
    int64_t number = bytes[0] < 0x80 ? 0 : -1;
    for (const uint8_t byte : bytes)
        number = static_cast<int64_t>(static_cast<uint64_t>(number) << 8 | byte);
    return number;
}

// A record's header, if `record` begins with that of one of our rows: types, and its size.
std::optional<std::vector<int64_t>> types_of(Bytes record, size_t& header_bytes) {
    size_t at = 0;
    const auto size = varint(record, at);
    if (!size || *size < 7 || *size > 32 || *size > static_cast<int64_t>(record.size())) return {};
    header_bytes = static_cast<size_t>(*size);
    std::vector<int64_t> types;
    while (at < header_bytes) {
        const auto type = varint(record.first(header_bytes), at);
        if (!type || size_of_type(*type) < 0) return {};
        types.push_back(*type);
    }
    if ((types.size() != 6 && types.size() != 8) || types[0] != 0) return {};
    return types;
}

int64_t local_bytes(int64_t payload) {
    if (payload <= kMostLocal) return payload;
    const int64_t surplus = kLeastLocal + (payload - kLeastLocal) % (kPageBytes - 4);
    return surplus <= kMostLocal ? surplus : kLeastLocal;
}

// The columns that `record` holds whole.
Cell cell_of(int64_t key, Bytes record, const std::vector<int64_t>& types, size_t header_bytes) {
    Cell cell{.key = key};
    size_t at = header_bytes;
    for (const int64_t type : types) {
        const auto size = static_cast<size_t>(size_of_type(type));
        if (at + size > record.size()) {
            cell.is_whole = false;
            return cell;
        }
        cell.columns.push_back(value_of(type, record.subspan(at, size)));
        at += size;
    }
    return cell;
}

struct CellHead {
    int64_t payload = 0;
    int64_t key = 0;
    size_t record = 0;  // where the record begins on the page
    size_t header_bytes = 0;
    std::vector<int64_t> types;
};

std::optional<CellHead> head_at(const Page& page, int32_t start) {
    auto at = static_cast<size_t>(start);
    CellHead head;
    const auto payload = varint(page, at);
    if (!payload || *payload < 8 || *payload > kMostPayload) return {};
    const auto key = varint(page, at);
    if (!key || *key < 0) return {};
    head.payload = *payload;
    head.key = *key;
    head.record = at;
    const auto types = types_of(Bytes(page).subspan(at), head.header_bytes);
    if (!types) return {};
    head.types = *types;
    auto total = static_cast<int64_t>(head.header_bytes);
    for (const int64_t type : head.types) total += size_of_type(type);
    const auto room = kPageBytes - static_cast<int64_t>(at);
    if (total != head.payload || local_bytes(head.payload) > room) return {};
    return head;
}

}  // namespace

Result<std::unique_ptr<DamagedFile>> DamagedFile::open(const std::string& path) {
    auto file = std::make_unique<DamagedFile>();
    file->file_.open(path, std::ios::binary);
    if (!file->file_) return fail(ErrorCode::Unavailable, "cannot salvage", path, "cannot open it");
    file->file_.seekg(0, std::ios::end);
    file->page_count_ = (static_cast<int64_t>(file->file_.tellg()) + kPageBytes - 1) / kPageBytes;
    file->read_wal(path + "-wal");
    return file;
}

// Frames up to the last commit whose checksums hold, as SQLite itself would recover.
void DamagedFile::read_wal(const std::string& path) {
    wal_.open(path, std::ios::binary);
    std::array<uint8_t, kWalHeaderBytes> header{};
    if (!wal_.read(reinterpret_cast<char*>(header.data()), header.size())) return;
    const uint32_t magic = big_endian(header, 0);
    if ((magic & 0xffff'fffe) != 0x377f'0682 || big_endian(header, 8) != kPageBytes) return;
    const bool is_big = (magic & 1) != 0;
    uint32_t sum0 = 0;
    uint32_t sum1 = 0;
    const auto add = [&](Bytes bytes) {
        for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
            sum0 += (is_big ? big_endian(bytes, at) : little_endian(bytes, at)) + sum1;
            sum1 += (is_big ? big_endian(bytes, at + 4) : little_endian(bytes, at + 4)) + sum0;
        }
    };
    add(Bytes(header).first(24));
    if (sum0 != big_endian(header, 24) || sum1 != big_endian(header, 28)) return;
    std::map<int64_t, int64_t> uncommitted;
    std::array<uint8_t, kFrameHeaderBytes + kPageBytes> frame{};
    for (int64_t place = kWalHeaderBytes;
         wal_.read(reinterpret_cast<char*>(frame.data()), frame.size());
         place += kFrameHeaderBytes + kPageBytes) {
        const bool has_salts = std::equal(header.begin() + 16, header.begin() + 24, &frame[8]);
        add(Bytes(frame).first(8));
        add(Bytes(frame).subspan(kFrameHeaderBytes));
        if (!has_salts || sum0 != big_endian(frame, 16) || sum1 != big_endian(frame, 20)) break;
        uncommitted[big_endian(frame, 0)] = place + kFrameHeaderBytes;
        const int64_t pages_after_commit = big_endian(frame, 4);
        if (pages_after_commit == 0) continue;
        for (const auto& [page, at] : uncommitted) in_wal_[page] = at;
        uncommitted.clear();
        page_count_ = std::max(page_count_, pages_after_commit);
    }
}

bool DamagedFile::read(int64_t page, Page& into) {
    if (page < 1 || page > page_count_) return false;
    into.fill(0);
    const auto found = in_wal_.find(page);
    std::ifstream& source = found == in_wal_.end() ? file_ : wal_;
    source.clear();
    source.seekg(found == in_wal_.end() ? (page - 1) * kPageBytes : found->second);
    source.read(reinterpret_cast<char*>(into.data()), kPageBytes);
    return source.gcount() > 0;
}

void scan_page(const Page& page,
               const std::function<void(int32_t start, const Cell& cell)>& found) {
    constexpr auto kEnd = static_cast<int32_t>(kPageBytes) - 8;
    for (int32_t record = 2; record < kEnd; ++record) {
        // Every row of ours begins with a short header whose first type is NULL, the key's.
        const uint8_t header = page[static_cast<size_t>(record)];
        if (header < 7 || header > 32 || page[static_cast<size_t>(record) + 1] != 0) continue;
        const int32_t furthest = std::max(0, record - 2 * kLongestVarint);
        for (int32_t start = record - 2; start >= furthest; --start) {
            const auto head = head_at(page, start);
            if (!head || static_cast<int32_t>(head->record) != record) continue;
            const auto local = static_cast<size_t>(local_bytes(head->payload));
            found(start, cell_of(head->key, Bytes(page).subspan(head->record, local), head->types,
                                 head->header_bytes));
        }
    }
}

std::optional<Cell> read_cell(DamagedFile& file, const CellPlace& place) {
    Page page{};
    if (!file.read(place.page, page)) return {};
    const auto head = head_at(page, place.start);
    if (!head) return {};
    const auto local = static_cast<size_t>(local_bytes(head->payload));
    const auto begin = page.begin() + static_cast<std::ptrdiff_t>(head->record);
    std::vector<uint8_t> record(begin, begin + static_cast<std::ptrdiff_t>(local));
    const auto wanted = static_cast<size_t>(head->payload);
    if (record.size() < wanted && head->record + local + 4 <= page.size()) {
        uint32_t next = big_endian(page, head->record + local);
        Page overflow{};
        while (record.size() < wanted && file.read(next, overflow)) {
            next = big_endian(overflow, 0);
            const size_t more = std::min(wanted - record.size(), overflow.size() - 4);
            record.insert(record.end(), overflow.begin() + 4,
                          overflow.begin() + 4 + static_cast<std::ptrdiff_t>(more));
        }
    }
    return cell_of(head->key, record, head->types, head->header_bytes);
}

}  // namespace clickmill::event_log
