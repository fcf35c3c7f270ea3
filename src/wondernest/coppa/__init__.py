"""A parent's consent to what is collected about a child: grant, read, change, revoke.

Owns compliance.coppa_consent. Of a child it reads only what consent needs: family and age.
"""
