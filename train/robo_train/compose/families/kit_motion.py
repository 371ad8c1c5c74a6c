"""The robokit's wheels, servos, gripper, stepper and relays."""

from __future__ import annotations

from robo_train.compose.families.kit import Entry, table

table(
    {
        "kit_forward": Entry("robot.move_forward", "speed:speed?", "kit_stop", 1, True),
        "kit_backward": Entry("robot.move_backward", "speed:speed?", "kit_stop", 1, True),
        "kit_left": Entry("robot.turn_left", "speed:speed?", "kit_stop", 0.8, True),
        "kit_right": Entry("robot.turn_right", "speed:speed?", "kit_stop", 0.8, True),
        "kit_stop": Entry("robot.stop", "", "", 0.6, True),
        "kit_brake": Entry("robot.brake", "", "", 0.6, True),
        "kit_forward_for": Entry("robot.forward_for", "seconds:s speed:speed?", "", 1.3),
        "kit_backward_for": Entry("robot.backward_for", "seconds:s speed:speed?", "", 1.2),
        "kit_left_for": Entry("robot.left_for", "seconds:s speed:speed?", "", 1),
        "kit_right_for": Entry("robot.right_for", "seconds:s speed:speed?", "", 1),
        "kit_forward_cm": Entry("robot.forward_distance", "cm:cm speed:speed?", "", 1.3),
        "kit_backward_cm": Entry("robot.backward_distance", "cm:cm speed:speed?", "", 1.2),
        "kit_left_angle": Entry("robot.turn_left_angle", "angle:turn speed:speed?", "", 1.2),
        "kit_right_angle": Entry("robot.turn_right_angle", "angle:turn speed:speed?", "", 1.2),
        "kit_motors": Entry("robot.set_motors", "left:wheel right:wheel", "kit_stop", 0.7, True),
        "kit_motors_left": Entry("robot.set_motors", "left:back right:wheel", "kit_stop", 0.3, True),
        "kit_motors_right": Entry("robot.set_motors", "left:wheel right:back", "kit_stop", 0.3, True),
        "kit_motors_back": Entry("robot.set_motors", "left:back right:back", "kit_stop", 0.3, True),
        "kit_motor": Entry("robot.set_motor", "side:side speed:wheel", "kit_stop", 0.7, True),
        "kit_motor_back": Entry("robot.set_motor", "side:side speed:back", "kit_stop", 0.4, True),
        "kit_default_speed": Entry("robot.set_default_speed", "speed:speed", "", 0.8, True),
        "kit_arc": Entry("robot.drive_arc", "radius:radius angle:turn speed:speed?", "", 1),
        "kit_reset_encoders": Entry("robot.reset_encoders", "", "", 0.6),
        "kit_servo": Entry("servo.angle", "n:servo angle:angle", "", 1.4, True),
        "kit_servo_move": Entry("servo.move", "n:servo angle:angle ms:ms?", "", 0.9),
        "kit_servo_sweep": Entry("servo.sweep", "n:servo start:angle? end:angle? ms:ms?", "", 1.8),
        "kit_servo_release": Entry("servo.release", "n:servo", "", 1.2, True),
        "kit_servo_turn": Entry("servo.continuous", "n:servo speed:wheel", "", 0.9, True),
        "kit_servo_turn_back": Entry("servo.continuous", "n:servo speed:back", "", 0.5, True),
        "kit_gripper_open": Entry("gripper.open", "", "kit_gripper_close", 0.8, True),
        "kit_gripper_close": Entry("gripper.close", "", "kit_gripper_open", 0.8, True),
        "kit_steps": Entry("stepper.steps", "n:steps rpm:rpm?", "", 1.2),
        "kit_stepper_angle": Entry("stepper.angle", "angle:turn rpm:rpm?", "", 1.1),
        "kit_relay_on": Entry("relay.on", "n:relay?", "kit_relay_off", 0.9, True),
        "kit_relay_off": Entry("relay.off", "n:relay?", "kit_relay_on", 0.8, True),
    }
)
