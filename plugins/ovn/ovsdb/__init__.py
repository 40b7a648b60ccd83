"""A client of the OVSDB protocol (RFC 7047 and its extensions in ``ovsdb-server(7)``), on asyncio.

It monitors with ``monitor_cond`` just the columns that are shown and applies the differences that the server sends.
"""
