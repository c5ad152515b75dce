"""Twilio's error codes for SMS, in the words of the gateway.

Source: Twilio's error and warning dictionary. A code that isn't here counts as the kind of its
HTTP status, or as an unroutable number if a status callback brings it.
"""

from bots.adapter import PermanentError, Problem, RetryableError

PROBLEMS: dict[int, Problem] = {
    20003: "configuration",  # authentication
    20404: "configuration",  # no such account
    21211: "invalid",  # To is not a number
    21408: "configuration",  # this country isn't switched on
    21602: "invalid",  # no body
    21603: "configuration",  # no From
    21606: "configuration",  # From can't send SMS
    21609: "configuration",  # the status callback is no address
    21610: "opted_out",
    21612: "unroutable",  # not from this number to that one
    21614: "unroutable",  # not a mobile number
    21617: "invalid",  # too long
    21659: "configuration",  # From is not ours
    21660: "configuration",  # From belongs to another account
    30002: "configuration",  # account suspended
    30003: "unreachable",  # switched off or out of range for too long
    30004: "blocked",
    30005: "unroutable",  # unknown or no longer in use
    30006: "unroutable",  # landline, or a carrier that can't be reached
    30007: "blocked",  # filtered by the carrier
    30034: "configuration",  # the number isn't registered for this use
    30036: "unreachable",  # the validity period ran out
}
TOO_FAST = {14107, 20429, 21611, 30001, 30022}
"""Limits of rate or of the queue; they pass."""

UNAUTHORISED, FORBIDDEN, TOO_MANY, BROKEN = 401, 403, 429, 500


def problem(code: int | None) -> Problem:
    """Why a message that had been taken was not delivered."""
    return PROBLEMS.get(code or 0, "unroutable")


def refusal(status: int, code: int | None, after: float | None) -> RetryableError | PermanentError:
    """What a refused request means, by its HTTP status and Twilio's own code."""
    if status == TOO_MANY or code in TOO_FAST:
        return RetryableError(after)
    if code in PROBLEMS:
        return PermanentError(PROBLEMS[code])
    if status >= BROKEN:
        return RetryableError(after, ambiguous=True)
    if status in {UNAUTHORISED, FORBIDDEN}:
        return PermanentError("configuration")
    return PermanentError("invalid")
