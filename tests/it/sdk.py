# A public SDK as a client of the simulator: it lists, reads and sets numbers, calling permissions, digit patterns and the
# numbers of people, workspaces and virtual lines, all through its own models. It prints what it found; an error ends it.

import sys

from wxc_sdk import WebexSimpleApi
from wxc_sdk.person_settings.permissions_out import (
    Action,
    AutoTransferNumbers,
    CallingPermissions,
    CallTypePermission,
    DigitPattern,
    OutgoingPermissions,
)
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

    permissions = api.telephony.location.permissions_out
    at = {"entity_id": sys.argv[2], "org_id": sys.argv[3]}
    before = permissions.read(**at).calling_permissions
    for call_type, default in CallingPermissions.default():
        read = before.for_call_type(call_type)
        assert call_type in ("local", "toll") or (read.action, read.transfer_enabled) == (
            default.action,
            default.transfer_enabled,
        )
    transfer = CallTypePermission(action=Action.transfer_number_2, transfer_enabled=False)
    change = OutgoingPermissions(calling_permissions=CallingPermissions(international=transfer))
    permissions.configure(settings=change, **at)
    after = permissions.read(**at).calling_permissions
    print("international:", before.international.action, "->", after.international.action)
    assert after.national == before.national
    # All of what was read can be sent back.
    permissions.configure(settings=OutgoingPermissions(calling_permissions=before), **at)
    assert permissions.read(**at).calling_permissions == before

    patterns = permissions.digit_patterns
    pattern = DigitPattern(name="Chicago", pattern="1312XXXXXXX", action=Action.transfer_number_1, transfer_enabled=True)
    pattern.id = patterns.create(pattern=pattern, **at)
    print("patterns:", [found.name for found in patterns.get_digit_patterns(**at).digit_patterns])
    pattern.action = Action.block
    patterns.update(settings=pattern, **at)
    assert patterns.details(digit_pattern_id=pattern.id, **at) == pattern
    patterns.delete(digit_pattern_id=pattern.id, **at)
    assert patterns.get_digit_patterns(**at).digit_patterns == []

    org = sys.argv[3]
    for name, entities, id_of, permissions in [
        ("people", list(api.people.list(calling_data=True, org_id=org)), "person_id", api.person_settings.permissions_out),
        ("workspaces", list(api.workspaces.list(org_id=org)), "workspace_id", api.workspace_settings.permissions_out),
        ("virtual lines", list(api.telephony.virtual_lines.list(org_id=org)), "id", api.telephony.virtual_lines.permissions_out),
    ]:
        for entity in entities:
            at = {"entity_id": getattr(entity, id_of), "org_id": org}
            change = AutoTransferNumbers(auto_transfer_number1="+12025550102", use_custom_transfer_numbers=True)
            before = permissions.transfer_numbers.read(**at)
            permissions.transfer_numbers.configure(settings=change, **at)
            ignored = permissions.transfer_numbers.read(**at).auto_transfer_number1 is None
            if ignored:
                permissions.configure(settings=OutgoingPermissions(use_custom_enabled=True), **at)
                permissions.transfer_numbers.configure(settings=change, **at)
            read = permissions.transfer_numbers.read(**at)
            rules = permissions.read(**at)
            print(f"{name}: {entity.display_name} {read.auto_transfer_number1}", "ignored at first" if ignored else "once")
            assert (read.use_custom_transfer_numbers, rules.use_custom_enabled) == (True, ignored)
            back = AutoTransferNumbers(auto_transfer_number1="", use_custom_transfer_numbers=False)
            permissions.transfer_numbers.configure(settings=back, **at)
            assert permissions.transfer_numbers.read(**at) == before
