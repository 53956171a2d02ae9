// What a frame may leave out while the scene turns. At rest the picture is Plotly's own, and whole.
//
// Plotly draws every frame of a turn twice, the second time to know what lies under the pointer, and waits until the graphics
// card has handed that one back. Nobody points while turning, so it is left out. Where frames come slowly all the same (mostly
// because WebGL is software), points become one vertex each instead of 18 (squares) or 69 (discs), without their rims, and the
// drawing has one pixel for each of the page instead of four.

const SLOW = 40; // milliseconds from frame to frame that are too many
const N_SLOW = 3; // so many of them in a row make a machine a slow one
const REST = 200; // milliseconds without a move after which the scene is at rest
const FEW = 50; // points that are left as they are: marks of a few films
const SPAN = 3.04; // pixels across of Plotly's discs and squares for a size of 1, measured; in a list of sizes half of it
const ARRAYS = "OES_vertex_array_object"; // the extension without which points are not drawn plainly
const REPLACED = ["draw", "isOpaque", "isTransparent"]; // functions of a trace's points that a plain drawing has its own of
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
const CORNERS = `
  attribute vec3 position; attribute vec4 colour; attribute float size;
  uniform mat4 camera; uniform float ratio; varying vec4 ink;
  void main() { gl_Position = camera * vec4(position, 1.0); gl_PointSize = size * ratio; ink = colour; }`;
const INSIDES = `
  precision mediump float;
  uniform float round, opacity; varying vec4 ink;
  void main() {
    if (round > 0.5 && distance(gl_PointCoord, vec2(0.5)) > 0.5) discard;
    gl_FragColor = ink * opacity;
  }`;

let slow = false; // whether frames came slowly on this browser page

// Leave out what a turn can do without from the first frame in which the camera moves until it has been at rest.
//
// All of this stands on parts of Plotly that it promises to nobody. Where one is missing, Plotly turns as it would alone; where one
// fails, everything is put back and this picture is left alone from then on: an error in Plotly's frame would be its last frame.
function watchTurns(glplot) {
  if (!isKnown(glplot)) return;
  const { camera, gl } = glplot;
  const { tick } = camera;
  const turn = { glplot, slots: null, points: null, ratio: 0, nLate: 0, moved: false, before: 0, resting: 0 };
  const canBePlain = Boolean(gl.getExtension(ARRAYS));
  slow ||= SOFTWARE.test(rendererOf(gl));
  turn.giveUp = (error) => {
    if (camera.tick === tick) return;
    console.warn("The picture turns without shortcuts from now on:", error);
    camera.tick = tick;
    clearTimeout(turn.resting);
    putBack(turn);
  };
  camera.tick = () => {
    const moved = tick.call(camera);
    try {
      const now = performance.now();
      if (turn.moved) turn.nLate = now - turn.before > SLOW ? turn.nLate + 1 : 0; // how long the frame before this one took
      if (turn.nLate >= N_SLOW) slow = true;
      if (moved) {
        if (!turn.slots) leavePicking(turn);
        if (slow && canBePlain && !turn.points) drawPlainly(turn);
        clearTimeout(turn.resting);
        turn.resting = setTimeout(() => rest(turn), REST);
      }
      [turn.moved, turn.before] = [moved, now];
    } catch (error) {
      turn.giveUp(error);
    }
    return moved;
  };
}

function isKnown({ camera, gl, canvas, objects, pixelRatio, add, remove, update, _stopped }) {
  const functions = [camera?.tick, gl?.getExtension, add, remove, update];
  if (!functions.every((each) => typeof each === "function") || !Array.isArray(objects)) return false;
  if (!objects.every((object) => typeof object.pickSlots === "number")) return false;
  return typeof pixelRatio === "number" && typeof _stopped === "boolean" && Boolean(canvas?.parentNode);
}

function rendererOf(gl) {
  const more = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(more ? more.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

function rest(turn) {
  const failed = putBack(turn);
  if (failed) turn.giveUp(failed);
}

// All as it was before the turn. Where one step fails, the others are done all the same; returns the first error.
function putBack(turn) {
  const { glplot, slots, points, ratio } = turn;
  Object.assign(turn, { slots: null, points: null, moved: false, nLate: 0 });
  const steps = [];
  for (const [object, slot] of slots ?? []) steps.push(() => (object.pickSlots = slot));
  for (const [object, plain] of points ?? []) {
    for (const name of REPLACED) steps.push(() => delete object[name]);
    steps.push(plain.dispose);
  }
  if (!glplot._stopped && !glplot.gl.isContextLost()) { // else the picture, or all that the graphics card knew of it, is gone
    if (points) steps.push(() => setPixels(glplot, ratio));
    if (slots) steps.push(() => countSlots(glplot));
    steps.push(() => glplot.update()); // draws all of it in the next frame
  }
  let failed = null;
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      failed ??= error;
    }
  }
  return failed;
}

// Objects without a slot are in no pass of picking, and where none has one there is no pass.
function leavePicking(turn) {
  const { objects } = turn.glplot;
  turn.slots = new Map(objects.map((object) => [object, object.pickSlots]));
  for (const object of objects) object.pickSlots = 0;
  countSlots(turn.glplot);
}

function countSlots(glplot) {
  const nothing = { pickSlots: 0, dispose() {} };
  glplot.add(nothing); // slots are given out when an object comes or goes
  glplot.remove(nothing);
}

function drawPlainly(turn) {
  const { glplot } = turn;
  turn.points = new Map();
  turn.ratio = glplot.pixelRatio;
  setPixels(glplot, Math.min(1, turn.ratio));
  for (const object of glplot.objects) {
    const { scatterPlot, color, data } = object._trace ?? {};
    if (scatterPlot !== object || !["circle", "square"].includes(data?.marker?.symbol) || object.pointCount < FEW) continue;
    if (REPLACED.some((name) => Object.hasOwn(object, name) || typeof object[name] !== "function")) continue;
    const numbers = plainNumbers(object.points, color, data.marker.size);
    if (!numbers) continue;
    const points = plainPoints(glplot, numbers, object.opacity, data.marker.symbol);
    turn.points.set(object, points);
    const whole = object.draw;
    const draw = (cameraParams) => {
      try {
        points.draw(cameraParams);
      } catch (error) {
        setTimeout(() => turn.giveUp(error)); // not within a frame: its picture has its size already
        whole.call(object, cameraParams);
      }
    };
    // what shows through is blended where it lies, without the second drawing that Plotly sorts it by
    Object.assign(object, { draw, isOpaque: () => true, isTransparent: () => false });
  }
}

// Plotly does the same at the beginning of a frame; the frame that has begun needs it now.
function setPixels(glplot, ratio) {
  const { canvas } = glplot;
  glplot.pixelRatio = ratio;
  canvas.width = Math.ceil(canvas.parentNode.clientWidth * ratio);
  canvas.height = Math.ceil(canvas.parentNode.clientHeight * ratio);
}

// The points of a trace as one vertex each: a place, a colour in four bytes, a size. `colours` is one "rgb(1,2,3)" or a list of
// them. Null where something is written otherwise: such a trace is left to Plotly.
function plainNumbers(places, colours, size) {
  const one = typeof colours === "string";
  if (!Array.isArray(places) || !(one || colours?.length >= places.length)) return null;
  const numbers = new Float32Array(5 * places.length);
  const bytes = new Uint8Array(numbers.buffer);
  const known = new Map();
  for (const [row, place] of places.entries()) {
    const colour = one ? colours : colours[row];
    if (!known.has(colour)) known.set(colour, inBytes(colour));
    const across = SPAN * (typeof size === "number" ? size : size?.[row] / 2);
    if (!known.get(colour) || !(across >= 0) || place?.length !== 3) return null;
    numbers.set(place, 5 * row);
    bytes.set(known.get(colour), 20 * row + 12);
    numbers[5 * row + 4] = across;
  }
  return numbers;
}

function inBytes(colour) {
  const parts = typeof colour === "string" && /^rgba?\(([\d.]+),\s*([\d.]+),\s*([\d.]+)(?:,\s*1)?\)$/.exec(colour);
  return parts ? [...parts.slice(1).map((part) => Math.round(Number(part))), 255] : null;
}

function plainPoints(glplot, numbers, opacity, symbol) {
  const { gl } = glplot;
  const program = plainProgram(glplot);
  const arrays = gl.getExtension(ARRAYS); // Plotly's own attributes stay as they are
  const layout = arrays.createVertexArrayOES();
  const buffer = gl.createBuffer();
  arrays.bindVertexArrayOES(layout);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.STATIC_DRAW);
  gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 20, 0);
  gl.vertexAttribPointer(1, 4, gl.UNSIGNED_BYTE, true, 20, 12);
  gl.vertexAttribPointer(2, 1, gl.FLOAT, false, 20, 16);
  for (const attribute of [0, 1, 2]) gl.enableVertexAttribArray(attribute);
  arrays.bindVertexArrayOES(null);
  const uniform = (name) => gl.getUniformLocation(program, name);
  return {
    draw({ projection, view, model }) {
      gl.useProgram(program);
      gl.uniformMatrix4fv(uniform("camera"), false, new Float32Array(times(projection, times(view, model))));
      gl.uniform1f(uniform("ratio"), glplot.pixelRatio);
      gl.uniform1f(uniform("round"), symbol === "circle" ? 1 : 0);
      gl.uniform1f(uniform("opacity"), opacity);
      if (opacity < 1) gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      arrays.bindVertexArrayOES(layout);
      gl.drawArrays(gl.POINTS, 0, numbers.length / 5);
      arrays.bindVertexArrayOES(null);
      gl.disable(gl.BLEND);
    },
    dispose() {
      gl.deleteBuffer(buffer);
      arrays.deleteVertexArrayOES(layout);
    },
  };
}

function plainProgram(glplot) {
  if (glplot.plainProgram) return glplot.plainProgram;
  const { gl } = glplot;
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, CORNERS], [gl.FRAGMENT_SHADER, INSIDES]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  ["position", "colour", "size"].forEach((name, attribute) => gl.bindAttribLocation(program, attribute, name));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? "no program");
  return (glplot.plainProgram = program);
}
