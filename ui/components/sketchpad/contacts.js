// Which contacts draw: a palm does not, and neither does a pinch. Events reach these functions before the pad draws.

const PEN_NEAR = 5000; // ms after a pen's last event, drawn or hovering, in which every touch is a palm's
const FIRST_MOMENTS = 300; // ms of a stroke in which it may still turn out to be half of a pinch, or a palm that settles
const PALM = 80; // CSS px, the width or height of a contact that is no finger's
const PEN_AFTER = 500; // ms after a touch in which a pen that comes down shows that it was a palm's

const fingers = new Set(); // pointers of the fingers that are down, on the pad or beside it
let penSeen = -Infinity; // the time stamp of a pen's last event

const isPalm = (event) => event.pointerType === "touch" && Math.max(event.width, event.height) > PALM;
const isEarly = (event, stroke) => event.timeStamp - stroke.start < FIRST_MOMENTS;

/** Note a pen, or a finger that comes down. */
function noteContact(event) {
  if (event.pointerType === "pen") penSeen = event.timeStamp;
  if (event.type !== "pointerdown" || event.pointerType !== "touch") return;
  if (event.isPrimary) fingers.clear(); // no other finger is down, whatever was missed
  if (!isPalm(event)) fingers.add(event.pointerId);
}

const noteLift = (event) => fingers.delete(event.pointerId);

/** Whether a contact that comes down may draw. */
function mayDraw(event) {
  if (event.pointerType !== "touch") return true;
  return !isPalm(event) && event.timeStamp - penSeen > PEN_NEAR && fingers.size < 2;
}

/** Whether an event shows that the `stroke` of another contact, or its own, was never meant. */
function unmasks(event, stroke) {
  if (stroke.kind !== "touch") return false;
  if (event.pointerType === "pen") return event.type === "pointerdown" || isEarly(event, stroke);
  if (event.pointerType !== "touch" || !isEarly(event, stroke)) return false;
  return event.pointerId === stroke.pointer ? isPalm(event) : event.type === "pointerdown" && !isPalm(event);
}
