#include "archive/duckdb_api.h"

#include <fmt/format.h>

#include <dlfcn.h>
#include <filesystem>
#include <mutex>
#include <vector>

namespace clickmill::archive::duckdb {
namespace {

constexpr std::string_view kFile = "libduckdb.so";

// Where a library without a configured path may lie, in this order. Absolute first: what lies
// beside the program was put there with it.
std::vector<std::string> places_of(const std::string& path) {
    if (!path.empty()) return {path};
    std::vector<std::string> places;
    std::error_code unknown;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
    if (!unknown) {
        const auto folder = program.parent_path();
        places.push_back((folder / kFile).string());
        places.push_back((folder.parent_path() / "lib" / "clickmill" / kFile).string());
    }
    places.emplace_back(kFile);
    return places;
}

Result<Api> load_from(const std::string& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) return fail(ErrorCode::Unavailable, "cannot load DuckDB", path, dlerror());
    Api api;
    const char* missing = nullptr;
    const auto find = [&](auto& function, const char* name) {
        function =
            reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
        if (!function && !missing) missing = name;
    };
#define CLICKMILL_FIND(name, ...) find(api.name, "duckdb_" #name);
    CLICKMILL_DUCKDB_FUNCTIONS(CLICKMILL_FIND)
#undef CLICKMILL_FIND
    if (!missing) return api;
    dlclose(library);
    return fail(ErrorCode::Unavailable, "cannot use DuckDB", path,
                fmt::format("it has no {}; version 1.5 has", missing));
}

std::mutex g_mutex;  // guards what follows
Api g_api;           // never changes once it is loaded
bool g_is_loaded = false;

}  // namespace

Result<void> load(const std::string& path) {
    const std::lock_guard lock(g_mutex);
    if (g_is_loaded) return {};
    std::string looked;
    for (const std::string& place : places_of(path)) {
        auto found = load_from(place);
        if (found) {
            g_api = *found;
            g_is_loaded = true;
            return {};
        }
        looked += (looked.empty() ? "" : "; ") + found.error().why;
    }
    return fail(
        ErrorCode::Unavailable, "cannot load DuckDB, with which the archive is read and written",
        path.empty() ? std::string(kFile) : path, looked + "; archive.library says where it is");
}

const Api& api() {
    return g_api;
}

}  // namespace clickmill::archive::duckdb
