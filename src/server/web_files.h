// The built web pages, which lie in the program itself. Filled by cmake/embed_web.cmake.
#pragma once

#include <string_view>
#include <vector>

namespace clickmill::server {

struct Bytes {
    const char* begin = nullptr;
    const char* end = nullptr;
    std::string_view view() const { return {begin, static_cast<size_t>(end - begin)}; }
};

struct WebFile {
    std::string_view path;  // "/index.html", "/assets/...", "/demo/...", "/sdk.js"
    Bytes plain;
    Bytes packed;  // the same, gzipped
};

// Empty when the web pages were not built.
const std::vector<WebFile>& embedded_web_files();

}  // namespace clickmill::server
