// Features that ask for a look: those that fell silent, sleep or are new, each by its own rhythm.
#pragma once

#include "control/feature.h"
#include "query_api/answers.h"
#include "query_api/parameters.h"
#include "query_api/rhythm.h"

namespace clickmill::query_api {

struct AttentionQuestion {
    size_t limit = 100;
};

struct AttentionRow {
    std::string feature;
    Rhythm rhythm;  // with a standing; of one that was never clicked all is 0
    std::optional<calendar::BucketKey> first_day;
    std::optional<calendar::BucketKey> last_day;
};

struct AttentionAnswer {
    AnswerHead head;  // its range: the complete days that were looked at
    size_t feature_count = 0;
    std::vector<AttentionRow> rows;  // silent ones first, by clicks missed; then dormant, then new
};

Answer<AttentionQuestion> read_attention_question(const http::Head& head);
// Features whose entry in the catalogue says planned, deprecated or removed are silent on purpose;
// a live one that nobody clicks is dormant. Renamed features count for their ids of today.
Answer<AttentionAnswer> answer_attention(const Context& context, const AttentionQuestion& question,
                                         Budget& budget);

}  // namespace clickmill::query_api
