"""Who a plug says it is: the models as recorded from real ones, and names that stay the same over restarts."""

import hashlib
from collections.abc import Container
from dataclasses import dataclass

from clouds.simulator.wire import Json

# Three bytes that TP-Link owns; the other three come from the plug's name.
VENDOR = "50:C7:BF"

_COMMON: Json = {
    "active_mode": "none",
    "feature": "TIM",
    "icon_hash": "",
    "led_off": 0,
    "relay_state": 0,
    "on_time": 0,
    "rssi": -48,
    "updating": 0,
    "err_code": 0,
}
MODELS: dict[str, Json] = {
    "HS103": _COMMON
    | {
        "dev_name": "Smart Wi-Fi Plug Lite",
        "model": "HS103(US)",
        "hw_ver": "2.1",
        "sw_ver": "1.1.4 Build 210409 Rel.113427",
        "mic_type": "IOT.SMARTPLUGSWITCH",
        "latitude_i": 0,
        "longitude_i": 0,
        "next_action": {"type": -1},
        "status": "new",
    },
    "HS110": _COMMON
    | {
        "dev_name": "Wi-Fi Smart Plug With Energy Monitoring",
        "model": "HS110(EU)",
        "hw_ver": "1.0",
        "sw_ver": "1.2.5 Build 171213 Rel.101523",
        "type": "IOT.SMARTPLUGSWITCH",
        "feature": "TIM:ENE",
        "latitude": 0,
        "longitude": 0,
        "fwId": "00000000000000000000000000000000",
    },
}


def digest(*words: str) -> str:
    """Hexadecimal digits that depend on the words alone."""
    return hashlib.sha256("\0".join(words).encode()).hexdigest().upper()


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one plug from another."""

    name: str
    model: str
    mac: str
    device_id: str
    alias: str

    @classmethod
    def of(cls, name: str, model: str, alias: str, taken: Container[str] = ()) -> "Identity":
        """The identity of the plug called `name`; its MAC is none of those taken."""
        for again in range(1000):
            digits = digest("mac", name, str(again))
            mac = f"{VENDOR}:{digits[0:2]}:{digits[2:4]}:{digits[4:6]}"
            if mac not in taken:
                break
        return cls(name, model, mac, digest("device", name)[:40], alias)

    def sysinfo(self) -> Json:
        """What `get_sysinfo` says of a plug that has just started."""
        model = MODELS[self.model]
        return model | {
            "alias": self.alias,
            "mac": self.mac,
            "deviceId": self.device_id,
            "hwId": digest("hardware", self.model)[:32],
            "oemId": digest("maker", self.model)[:32],
        }
