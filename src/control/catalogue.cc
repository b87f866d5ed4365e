// The catalogue of features in the control store.
#include "base/lines.h"
#include "control/sql_control.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace clickmill::control {

namespace {

Result<std::vector<Feature>> read_features(sql::Session& session, std::string_view project) {
    ASSIGN_OR_RETURN(const auto select,
                     session.prepare({"SELECT id, name, description, owner, tags, state, alias_of, "
                                      "changed_at FROM features WHERE project = ?1 ORDER BY id",
                                      {std::string(project)}}));
    std::vector<Feature> all;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, select->step());
        if (!has_row) return all;
        ASSIGN_OR_RETURN(const FeatureState state, feature_state_named(select->text(5)));
        all.push_back({.id = std::string(select->text(0)),
                       .name = std::string(select->text(1)),
                       .description = std::string(select->text(2)),
                       .owner = std::string(select->text(3)),
                       .tags = lines_of(select->text(4)),
                       .state = state,
                       .alias_of = std::string(select->text(6)),
                       .changed_at = select->integer(7)});
    }
}

// Conflict: there is no such project.
Result<void> write_features(sql::Session& session, std::string_view project,
                            const std::vector<const Feature*>& features) {
    return session.run_all(
        "INSERT INTO features (project, id, name, description, owner, tags, state, alias_of, "
        "changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (project, id) DO "
        "UPDATE SET name = excluded.name, description = excluded.description, owner = "
        "excluded.owner, tags = excluded.tags, state = excluded.state, alias_of = "
        "excluded.alias_of, changed_at = excluded.changed_at",
        features.size(), [&](size_t i, sql::Values& upsert) {
            const Feature& feature = *features[i];
            sql::Binder(upsert)
                .text(project)
                .text(feature.id)
                .text(feature.name)
                .text(feature.description)
                .text(feature.owner)
                .text(fmt::format("{}", fmt::join(feature.tags, "\n")))
                .text(name_of(feature.state))
                .text(feature.alias_of)
                .integer(feature.changed_at);
        });
}

}  // namespace

Result<std::vector<Feature>> SqlControl::features(std::string_view project) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    return read_features(*session, project);
}

Result<int64_t> SqlControl::set_features(std::string_view project,
                                         std::span<const FeatureChange> changes) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    ASSIGN_OR_RETURN(const std::vector<Feature> stored, read_features(*session, project));
    std::map<std::string, Feature> all;
    for (const Feature& feature : stored) all.emplace(feature.id, feature);

    std::set<std::string> changed;
    for (const FeatureChange& change : changes) {
        const auto known = all.find(change.id);
        Feature feature = with_change(known == all.end() ? Feature() : known->second, change);
        RETURN_IF_ERROR(check_feature(feature));
        if (known != all.end() && feature == known->second) continue;
        feature.changed_at = now();
        changed.insert(feature.id);
        all[feature.id] = std::move(feature);
    }
    if (all.size() > kMaxFeatures)
        return fail(ErrorCode::InvalidInput, "cannot change the catalogue", std::string(project),
                    fmt::format("it would have {} features, and may have 100,000", all.size()));
    std::vector<Feature> sorted;
    std::vector<const Feature*> written;
    sorted.reserve(all.size());
    for (auto& [id, feature] : all) {
        sorted.push_back(std::move(feature));
        if (changed.contains(id)) written.push_back(&sorted.back());
    }
    RETURN_IF_ERROR(check_aliases(sorted));
    if (written.empty()) return 0;
    const auto done = write_features(*session, project, written);
    if (!done && done.error().code == ErrorCode::Conflict)
        return fail(ErrorCode::NotFound, "cannot change the catalogue", std::string(project),
                    "no such project; `clickmill project list` shows them");
    RETURN_IF_ERROR(done);
    RETURN_IF_ERROR(commit_change(*session, transaction));
    return static_cast<int64_t>(written.size());
}

Result<void> SqlControl::remove_feature(std::string_view project, std::string_view id) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    ASSIGN_OR_RETURN(const auto remove,
                     session->prepare({"DELETE FROM features WHERE project = ?1 AND id = ?2",
                                       {std::string(project), std::string(id)}}));
    RETURN_IF_ERROR(remove->run());
    if (session->changes() == 0)
        return fail(ErrorCode::NotFound, "cannot remove from the catalogue",
                    fmt::format("feature '{}' of {}", id, project),
                    "it has no entry; `clickmill feature list` shows those that have");
    return commit_change(*session, transaction);
}

}  // namespace clickmill::control
