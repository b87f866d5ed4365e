// Serves the dashboard, the SDK and the demo page from the program's own memory.
#pragma once

#include "http/server.h"
#include "server/web_files.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace clickmill::server {

struct PageOptions {
    bool is_demo = false;
    // GET /demo/config.json in demo mode: {"endpoint","write_key","read_key","project"} of the
    // sample project alone.
    std::string demo_config;
    std::string collector_url;  // where the demo page may send clicks, too; empty: here alone
};

// Any thread.
class PageHandler final : public http::Handler {
public:
    PageHandler(PageOptions options, const std::vector<WebFile>& files);

    std::expected<http::BodyLimits, http::Response> admit(const http::Head& head) override;
    void handle(http::Request request, http::Respond respond) override;

private:
    struct Page {
        WebFile file;
        std::string etag;
    };
    http::Response answer(const http::Head& head) const;
    // The file at `path`; a client-side route of the dashboard gives its one page.
    const Page* page_at(std::string_view path) const;
    http::Response not_found(std::string_view path) const;

    const PageOptions options_;
    std::map<std::string_view, Page> pages_;
};

}  // namespace clickmill::server
