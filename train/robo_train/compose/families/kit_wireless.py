"""The robokit's messages and networks, its texts, log, clock and power."""

from __future__ import annotations

from robo_train.compose.families.kit import Entry, table

table(
    {
        "kit_say": Entry("say", "text:text", "", 1),
        "kit_log": Entry("log.write", "name:file text:text", "", 1),
        "kit_clock": Entry("clock.set", "hour:hour minute:minute second:second?", "", 0.9),
        "kit_timer_reset": Entry("timer.reset", "", "", 0.6),
        "kit_sleep": Entry("system.sleep", "seconds:sleep", "", 0.9, alone=False),
        "kit_restart": Entry("system.restart", "", "", 0.7, alone=False),
        "kit_radio": Entry("radio.send", "text:message", "", 1),
        "kit_ble_start": Entry("ble.start", "name:name", "", 0.8),
        "kit_ble": Entry("ble.send", "text:message", "", 1, alone=False),
        "kit_wifi": Entry("wifi.connect", "ssid:ssid password:password timeout:wait?", "", 1, alone=False),
        "kit_wifi_off": Entry("wifi.disconnect", "", "", 0.7, alone=False),
        "kit_hotspot": Entry("wifi.hotspot", "ssid:ssid password:password?", "", 1.5),
        "kit_mqtt": Entry("mqtt.connect", "broker:broker client:client?", "", 0.8, alone=False),
        "kit_publish": Entry("mqtt.publish", "topic:topic message:message", "", 1, alone=False),
        "kit_post": Entry("web.post", "url:url data:data", "", 1, alone=False),
    }
)
