#include "collector/places.h"

#include "event/text.h"

#include <maxminddb.h>

#include <initializer_list>
#include <vector>

namespace clickmill::collector {
namespace {

// The text at a path of the entry; empty when there is none or it breaks the text rules.
std::string text_at(MMDB_entry_s& entry, std::initializer_list<const char*> path) {
    std::vector<const char*> steps(path);
    steps.push_back(nullptr);
    MMDB_entry_data_s data{};
    const int status = MMDB_aget_value(&entry, &data, steps.data());
    if (status != MMDB_SUCCESS || !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING) {
        return {};
    }
    const std::string_view text(data.utf8_string, data.data_size);
    return event::is_id(text) ? std::string(text) : std::string();
}

}  // namespace

struct Places::File {
    MMDB_s database{};
    ~File() { MMDB_close(&database); }
};

Places::Places() = default;
Places::~Places() = default;

Result<std::unique_ptr<Places>> Places::open(const std::string& path) {
    std::unique_ptr<Places> places(new Places);
    if (path.empty()) return places;
    MMDB_s database{};
    const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database);
    if (status != MMDB_SUCCESS) {
        const bool is_missing = status == MMDB_FILE_OPEN_ERROR;
        return fail(is_missing ? ErrorCode::NotFound : ErrorCode::Corrupt, "cannot open geo file",
                    path, MMDB_strerror(status));
    }
    places->file_ = std::make_unique<File>();
    places->file_->database = database;
    return places;
}

Place Places::find(const std::string& address) const {
    if (!file_ || address.empty()) return {};
    int not_an_address = 0;
    int status = MMDB_SUCCESS;
    MMDB_lookup_result_s found =
        MMDB_lookup_string(&file_->database, address.c_str(), &not_an_address, &status);
    if (not_an_address != 0 || status != MMDB_SUCCESS || !found.found_entry) return {};
    Place place;
    place.country = text_at(found.entry, {"country", "iso_code"});
    if (place.country.empty()) place.country = text_at(found.entry, {"country_code"});
    const std::string part = text_at(found.entry, {"subdivisions", "0", "iso_code"});
    if (!part.empty() && !place.country.empty()) place.region = place.country + "-" + part;
    return place;
}

}  // namespace clickmill::collector
