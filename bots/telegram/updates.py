"""What Telegram reports, in the words of the gateway. Pure.

Only private chats with people count: a group or another bot is never answered, so that nothing is
said before others and no two bots talk to each other.
"""

from typing import Any

import telegram

from bots.adapter import Arrived, Attached, MalformedError, Media, Message, OptIn, OptOut

KINDS: dict[str, Media] = {
    "photo": "photo",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "voice": "audio",
    "audio": "audio",
    "document": "document",
    "location": "location",
    "venue": "location",
    "sticker": "other",
    "contact": "other",
    "poll": "other",
    "dice": "other",
}


STRIPPED = ("photo", "video", "video_note", "animation")
"""What Telegram encodes anew; documents, and sound, keep their bytes."""


def read_update(content: dict[str, Any]) -> tuple[Arrived, ...]:
    """Translate one update; what is no concern of ours gives nothing.

    Raises:
        MalformedError: it isn't an update.
    """
    try:
        return _read(telegram.Update.de_json(content))
    except (AttributeError, KeyError, TypeError, ValueError):
        # The library leaves out what is missing, so a part may be None where the API has one. Not
        # chained: the original may quote what somebody wrote.
        raise MalformedError("not an update of Telegram") from None


def _read(update: telegram.Update) -> tuple[Arrived, ...]:
    number = str(update.update_id)
    if update.message is not None:
        return _message(number, update.message)
    if update.edited_message is not None:
        return _edit(number, update.edited_message)
    if update.callback_query is not None:
        return _press(number, update.callback_query)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    return ()


def _message(number: str, message: telegram.Message) -> tuple[Arrived, ...]:
    if not _is_private(message.chat, message.from_user):
        return ()
    contact, ref = str(message.chat.id), str(message.message_id)
    if message.text is not None:
        text = message.text
        return (Message(external_id=number, contact=contact, kind="text", text=text, ref=ref),)
    for name, media in KINDS.items():
        if getattr(message, name):
            return (
                Message(
                    external_id=number,
                    contact=contact,
                    kind="media",
                    media=media,
                    files=_files(name, media, getattr(message, name)),
                    album=message.media_group_id,
                    text=message.caption,
                    ref=ref,
                ),
            )
    return ()


def _files(name: str, media: Media, found: Any) -> tuple[Attached, ...]:
    """The file of a message; of a photo the largest of its sizes."""
    if media in {"location", "other"}:
        return ()
    if name == "photo":
        found = max(found, key=lambda size: size.width * size.height)
    return (
        Attached(
            kind=media,
            ref=found.file_id,
            type=getattr(found, "mime_type", None),
            name=getattr(found, "file_name", None),
            size=found.file_size,
            recompressed=name in STRIPPED,
        ),
    )


def _edit(number: str, message: telegram.Message) -> tuple[Arrived, ...]:
    if not _is_private(message.chat, message.from_user):
        return ()
    words = message.text if message.text is not None else message.caption
    return (Message(external_id=number, contact=str(message.chat.id), kind="edit", text=words),)


def _press(number: str, query: telegram.CallbackQuery) -> tuple[Arrived, ...]:
    turn, _, choice = (query.data or "").partition(":")
    if query.message is None or not _is_private(query.message.chat, query.from_user):
        return ()
    if not turn.isascii() or not turn.isdecimal() or not choice:
        return ()
    return (
        Message(
            external_id=number,
            contact=str(query.message.chat.id),
            kind="choice",
            choice=choice,
            turn=int(turn),
            receipt=query.id,
        ),
    )


def _membership(change: telegram.ChatMemberUpdated) -> tuple[Arrived, ...]:
    if not _is_private(change.chat, change.from_user):
        return ()
    contact = str(change.chat.id)
    if change.new_chat_member.status == telegram.ChatMember.BANNED:
        return (OptOut(contact=contact),)
    return (OptIn(contact=contact),)


def _is_private(chat: telegram.Chat, sender: telegram.User | None) -> bool:
    return chat.type == telegram.Chat.PRIVATE and sender is not None and not sender.is_bot
