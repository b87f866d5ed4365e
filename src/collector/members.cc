#include "collector/members.h"

#include "event/text.h"

#include <array>

namespace clickmill::collector {
namespace {

constexpr std::array kMembers = std::to_array<KnownMember>({
    {"feature_id",
     MemberKind::Text,
     event::kMaxIdBytes,
     &event::Event::feature_id,
     nullptr,
     {"invalid_feature_id",
      "feature_id must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"event_id",
     MemberKind::Text,
     event::kMaxEventIdBytes,
     &event::Event::event_id,
     nullptr,
     {"invalid_event_id",
      "event_id must be a string of 1 to 64 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"user_id",
     MemberKind::Text,
     event::kMaxIdBytes,
     &event::Event::user_id,
     nullptr,
     {"invalid_user_id",
      "user_id must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"session_id",
     MemberKind::Text,
     event::kMaxIdBytes,
     &event::Event::session_id,
     nullptr,
     {"invalid_session_id",
      "session_id must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"page",
     MemberKind::Page,
     event::kMaxIdBytes,
     &event::Event::page,
     nullptr,
     {"invalid_page",
      "page must be a string of 1 to 128 bytes of UTF-8 without control characters, not a reserved "
      "word"}},
    {"anonymous_id",
     MemberKind::Text,
     event::kMaxIdBytes,
     &event::Event::anonymous_id,
     nullptr,
     {"invalid_anonymous_id",
      "anonymous_id must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"platform",
     MemberKind::Text,
     event::kMaxIdBytes,
     &event::Event::platform,
     nullptr,
     {"invalid_platform",
      "platform must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"app_version",
     MemberKind::Text,
     event::kMaxIdBytes,
     &event::Event::app_version,
     nullptr,
     {"invalid_app_version",
      "app_version must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"device",
     MemberKind::Text,
     event::kMaxIdBytes,
     &event::Event::device,
     nullptr,
     {"invalid_device",
      "device must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"browser",
     MemberKind::Text,
     event::kMaxIdBytes,
     &event::Event::browser,
     nullptr,
     {"invalid_browser",
      "browser must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"os",
     MemberKind::Text,
     event::kMaxIdBytes,
     &event::Event::os,
     nullptr,
     {"invalid_os",
      "os must be a string of 1 to 128 bytes of UTF-8 without control characters, not a reserved "
      "word"}},
    {"locale",
     MemberKind::Text,
     event::kMaxIdBytes,
     &event::Event::locale,
     nullptr,
     {"invalid_locale",
      "locale must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"button_id",
     MemberKind::Text,
     event::kMaxIdBytes,
     nullptr,
     &Fields::alias_feature,
     {"invalid_button_id",
      "button_id must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"screen",
     MemberKind::Page,
     event::kMaxIdBytes,
     nullptr,
     &Fields::alias_page,
     {"invalid_screen",
      "screen must be a string of 1 to 128 bytes of UTF-8 without control characters, not a "
      "reserved word"}},
    {"experiments",
     MemberKind::Experiments,
     0,
     nullptr,
     nullptr,
     {"invalid_experiments",
      "experiments must be an object of at most 32 names and their variants, all strings of 1 to "
      "128 bytes"}},
    {"properties",
     MemberKind::Properties,
     0,
     nullptr,
     nullptr,
     {"invalid_properties",
      "properties must be an object of at most 64 strings (up to 1,024 bytes without control "
      "characters), numbers, booleans and nulls"}},
    {"client_timestamp",
     MemberKind::ClientTimestamp,
     0,
     nullptr,
     nullptr,
     {"invalid_client_timestamp",
      "client_timestamp must be a number or a string of at most 64 bytes"}},
    {"project", MemberKind::Reserved, 0, nullptr, nullptr, {"invalid_project", ""}},
    {"received_at", MemberKind::Reserved, 0, nullptr, nullptr, {"invalid_received_at", ""}},
    {"bot", MemberKind::Reserved, 0, nullptr, nullptr, {"invalid_bot", ""}},
    {"country", MemberKind::Reserved, 0, nullptr, nullptr, {"invalid_country", ""}},
    {"region", MemberKind::Reserved, 0, nullptr, nullptr, {"invalid_region", ""}},
    // An erasure alone says so (erasure/people.h).
    {"erased", MemberKind::Reserved, 0, nullptr, nullptr, {"invalid_erased", ""}},
});
static_assert(kMembers.size() < 32);

constexpr const KnownMember& kPage = kMembers[4];
static_assert(kPage.name == "page");

// Buckets by length and first letter: a name meets one or two candidates.
constexpr size_t kBuckets = 64;
constexpr size_t bucket_of(std::string_view name) {
    return (name.size() * 7 + size_t{static_cast<unsigned char>(name.front())} * 3) % kBuckets;
}
struct Index {
    std::array<uint8_t, kBuckets> first{};        // 1 + place of the first candidate
    std::array<uint8_t, kMembers.size()> next{};  // 1 + place of the next one
};
constexpr Index make_index() {
    Index index;
    for (size_t i = 0; i < kMembers.size(); ++i) {
        uint8_t& first = index.first[bucket_of(kMembers[i].name)];
        index.next[i] = first;
        first = static_cast<uint8_t>(i + 1);
    }
    return index;
}
constexpr Index kIndex = make_index();

}  // namespace

const KnownMember* known_member(std::string_view name) {
    if (name.empty()) return nullptr;
    for (size_t at = kIndex.first[bucket_of(name)]; at != 0; at = kIndex.next[at - 1]) {
        if (kMembers[at - 1].name == name) return &kMembers[at - 1];
    }
    return nullptr;
}

size_t index_of(const KnownMember& member) {
    return static_cast<size_t>(&member - kMembers.data());
}

const KnownMember& page_member() {
    return kPage;
}

}  // namespace clickmill::collector
