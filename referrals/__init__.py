"""From a report to a person who helps: triage, professionals, handover, and the chat they share."""
