// Country and region of an address, from a file in MaxMind's format that the operator gives. The
// address is looked up and forgotten.
#pragma once

#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>

namespace clickmill::collector {

struct Place {
    std::string country;  // ISO 3166-1, "DE"; empty: not known
    std::string region;   // ISO 3166-2, "DE-BY"
};

// Any thread.
class Places {
public:
    // An empty path: every place is unknown. NotFound, Corrupt: the file, and why.
    static Result<std::unique_ptr<Places>> open(const std::string& path);
    ~Places();

    Place find(const std::string& address) const;

private:
    Places();
    struct File;
    std::unique_ptr<File> file_;  // null: no file
};

}  // namespace clickmill::collector
