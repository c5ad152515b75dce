"""What professionals and admins see: sign-in, the inbox, a case and its chat, people, languages.

Rendered by the server; every form works without JavaScript. `access.py` is the only module that
authorises, and a route without one of its rules stops the program at start.
"""
