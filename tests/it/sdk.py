# What another's client makes of the simulator: reads, sets and clears numbers, and lists what is there, all through
# its own models. Prints what it found; a failure ends it.

import sys

from wxc_sdk import WebexSimpleApi
from wxc_sdk.person_settings.permissions_out import AutoTransferNumbers
from wxc_sdk.rest import RestSession

RestSession.BASE = sys.argv[1] + "/v1"

with WebexSimpleApi(tokens="a-token") as api:
    print("me:", api.people.me().display_name)
    numbers = api.telephony.location.permissions_out.transfer_numbers
    for organization in api.organizations.list():
        org = organization.org_id
        calling = list(api.telephony.locations.list(org_id=org))
        print(f"{organization.display_name}: {[location.name for location in calling]}")
        names = {location.name for location in api.locations.list(org_id=org)}
        assert names == {location.name for location in calling}
        for location in calling:
            at = {"entity_id": location.location_id, "org_id": org}
            before = numbers.read(**at)
            change = AutoTransferNumbers(auto_transfer_number1="+12025550101", auto_transfer_number3="+496100773123")
            numbers.configure(settings=change, **at)
            middle = numbers.read(**at)
            numbers.configure(settings=AutoTransferNumbers(auto_transfer_number3=""), **at)
            after = numbers.read(**at)
            found = api.telephony.location.details(location_id=location.location_id, org_id=org)
            assert found.name == location.name
            for read in before, middle, after:
                print(" ", read.auto_transfer_number1, read.auto_transfer_number2, read.auto_transfer_number3)
