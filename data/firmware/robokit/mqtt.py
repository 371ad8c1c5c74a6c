"""Messages through a broker. What arrives is looked for ten times a second, beside the program."""

from umqtt.simple import MQTTClient, MQTTException

from robokit import check, timer

POLL_MS = 100
clients = []
listeners = []
busy = [False]


def connect(broker, client="robot"):
    """Connect to a broker; tells whether it answered."""
    check.text("mqtt.connect: broker", broker)
    check.text("mqtt.connect: client", client)
    made = MQTTClient(client, broker)
    made.set_callback(arrived)
    try:
        made.connect()
    except (OSError, MQTTException):
        return False
    clients.clear()
    clients.append(made)
    for topic, _ in listeners:
        made.subscribe(topic)
    return True


def client():
    """The connected client."""
    if not clients:
        raise OSError("mqtt is not connected; call mqtt.connect first")
    return clients[0]


def publish(topic, message):
    """Publish."""
    check.text("mqtt.publish: topic", topic)
    check.text("mqtt.publish: message", message)
    client().publish(topic, message)


def on_message(topic, callback):
    """Subscribe; the callback may take the text and the topic."""
    check.text("mqtt.on_message: topic", topic)
    check.function("mqtt.on_message: callback", callback)
    first = not listeners
    busy[0] = True
    try:
        client().subscribe(topic)
    finally:
        busy[0] = False
    listeners.append((topic, callback))
    if first:
        timer.add(POLL_MS, poll, True)


def poll():
    """Look for messages, unless the program is just talking to the broker."""
    if clients and not busy[0]:
        busy[0] = True
        try:
            clients[0].check_msg()
        except OSError:  # the broker hung up; the next publish says so
            clients.clear()
        finally:
            busy[0] = False


def arrived(topic, message):
    """Hand a message to those who asked for its topic."""
    topic, message = topic.decode(), message.decode()
    for pattern, callback in listeners:
        if matches(pattern, topic):
            call(callback, message, topic)


def call(callback, *arguments):
    """Call a function with as many of the arguments as it takes."""
    while True:
        try:
            return callback(*arguments)
        except TypeError as error:
            if not arguments or "argument" not in str(error):
                raise
            arguments = arguments[:-1]


def matches(pattern, topic):
    """Whether a subscription with + and # covers a topic."""
    parts, levels = pattern.split("/"), topic.split("/")
    for i, part in enumerate(parts):
        if part == "#":
            return True
        if i >= len(levels) or part not in ("+", levels[i]):
            return False
    return len(parts) == len(levels)
