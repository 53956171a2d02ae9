// What a frame may leave out while the scene turns. At rest the picture is Plotly's own, and whole.
//
// Plotly draws every frame of a turn twice, the second time to know what lies under the pointer, and waits until the graphics
// card has handed that one back. Nobody points while turning, so it is left out.

const REST = 200; // milliseconds without a move after which the scene is at rest

// Leave picking out from the first frame in which the camera moves until it has been at rest.
//
// This stands on parts of Plotly that it promises to nobody. Where one is missing, Plotly turns as it would alone; where one
// fails, everything is put back and this picture is left alone from then on: an error in Plotly's frame would be its last frame.
function watchTurns(glplot) {
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

// Objects without a slot are in no pass of picking, and where none has one there is no pass.
function leavePicking(turn) {
  const { objects } = turn.glplot;
  turn.slots = new Map(objects.map((object) => [object, object.pickSlots]));
  for (const object of objects) object.pickSlots = 0;
  countSlots(turn.glplot);
}

// All as it was before the turn.
function putBack(turn) {
  const { glplot, slots } = turn;
  turn.slots = null;
  for (const [object, slot] of slots ?? []) object.pickSlots = slot;
  if (!slots || glplot._stopped || glplot.gl.isContextLost()) return; // the picture, or all that the graphics card knew, is gone
  countSlots(glplot);
  glplot.update(); // draws all of it in the next frame
}

function countSlots(glplot) {
  const nothing = { pickSlots: 0, dispose() {} };
  glplot.add(nothing); // slots are given out when an object comes or goes
  glplot.remove(nothing);
}
