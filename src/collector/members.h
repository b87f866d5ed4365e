// The members of an event that mean something, by name.
#pragma once

#include "collector/body_reader.h"

#include <string_view>

namespace clickmill::collector {

enum class MemberKind {
    Text,  // obeys the text rules; `text` says where it goes
    Page,  // checked once it has its final name
    Experiments,
    Properties,
    ClientTimestamp,
    Reserved,  // written by the server alone: what a client says there is dropped
};

struct KnownMember {
    std::string_view name;
    MemberKind kind = MemberKind::Text;
    size_t max_bytes = 0;
    std::string_view event::Event::* text = nullptr;
    std::string_view Fields::* alias = nullptr;  // instead of `text`
    Fault fault;
};

// Null: not one of ours, kept as it came.
const KnownMember* known_member(std::string_view name);
// Its place among the known ones, below 32.
size_t index_of(const KnownMember& member);
const KnownMember& page_member();

}  // namespace clickmill::collector
