// Puts a Config together: defaults < file < environment < flags. Tested by config_test.cc.
#pragma once

#include "config/config.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace clickmill::config {

struct Sources {
    std::string file;                                        // empty: none
    std::map<std::string, std::string> environment;          // all of it; others' names are skipped
    std::vector<std::pair<std::string, std::string>> flags;  // setting -> text
};

struct Loaded {
    Config config;
    std::map<std::string, std::string> origins;  // setting, rollup.NAME -> where; absent: default
    // One line each: where, what, what to do. Not empty: the config must not be used.
    std::vector<std::string> problems;
};

// Never fails half-way: every problem is found in one go.
Loaded load(const Sources& sources);

// The process's environment, as Sources wants it.
std::map<std::string, std::string> process_environment();

// The effective configuration as a TOML file, each line with where it comes from.
std::string printed(const Loaded& loaded);

}  // namespace clickmill::config
