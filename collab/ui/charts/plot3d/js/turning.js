// Skips work in each frame while the scene turns. At rest the picture is complete, as Plotly draws it.
//
// Why: Plotly draws every frame of a turn twice, the second time to find what lies under the pointer (picking), and waits until
// the graphics card has returned that one. Nobody points while turning, so picking is skipped.
// Unnecessary once Plotly picks only where somebody points.

const REST = 200; // milliseconds without movement after which the scene is at rest

// Skips picking from the first frame in which the camera moves until the scene is at rest.
//
// This relies on undocumented parts of Plotly. If one is missing, Plotly turns as usual; if one fails, everything is restored
// and this picture is left alone from then on, because an error in Plotly's frame would stop its drawing.
export function watchTurns(glplot) {
  if (!isKnown(glplot)) return;
  const { camera } = glplot;
  const { tick } = camera;
  const turn = { glplot, slots: null, resting: 0 };
  const giveUp = (error) => {
    if (camera.tick === tick) return;
    console.warn("The picture turns without shortcuts from now on:", error);
    camera.tick = tick;
    clearTimeout(turn.resting);
    attempt(() => putBack(turn), () => {});
  };
  camera.tick = () => {
    const moved = tick.call(camera);
    if (moved) {
      attempt(() => {
        if (!turn.slots) leavePicking(turn);
        clearTimeout(turn.resting);
        turn.resting = setTimeout(() => attempt(() => putBack(turn), giveUp), REST);
      }, giveUp);
    }
    return moved;
  };
}

function attempt(step, otherwise) {
  try {
    step();
  } catch (error) {
    otherwise(error);
  }
}

function isKnown({ camera, gl, objects, add, remove, update, _stopped }) {
  const functions = [camera?.tick, gl?.isContextLost, add, remove, update];
  if (!functions.every((each) => typeof each === "function") || !Array.isArray(objects)) return false;
  return objects.every((object) => typeof object.pickSlots === "number") && typeof _stopped === "boolean";
}

// Objects without a slot take part in no picking pass, and if none has a slot there is no pass.
function leavePicking(turn) {
  const { objects } = turn.glplot;
  turn.slots = new Map(objects.map((object) => [object, object.pickSlots]));
  for (const object of objects) object.pickSlots = 0;
  countSlots(turn.glplot);
}

// Restores the state before the turn.
function putBack(turn) {
  const { glplot, slots } = turn;
  turn.slots = null;
  for (const [object, slot] of slots ?? []) object.pickSlots = slot;
  if (!slots || glplot._stopped || glplot.gl.isContextLost()) return; // the picture, or the graphics context, is gone
  countSlots(glplot);
  glplot.update(); // redraws everything in the next frame
}

function countSlots(glplot) {
  const nothing = { pickSlots: 0, dispose() {} };
  glplot.add(nothing); // slots are assigned when an object is added or removed
  glplot.remove(nothing);
}
