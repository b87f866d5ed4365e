#include "query_api/answers.h"

namespace clickmill::query_api {

Answer<AnswerHead> make_head(const Context& context, const fold::View& view, Moment from,
                             Moment to) {
    AnswerHead head;
    head.project = context.project;
    head.zone = context.calendar.zone();
    head.from = from;
    head.to = to;
    head.now = context.now;
    head.rollup = view.definition.rollup.name;
    ASSIGN_OR_RETURN(head.complete_through, complete_through(context, view.id));
    return head;
}

}  // namespace clickmill::query_api
