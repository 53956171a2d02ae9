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
function watchTurns(glplot) {
  const { camera } = glplot;
  const tick = camera.tick;
  const turn = { glplot, slots: null, points: null, ratio: 0, nLate: 0, moved: false, before: 0, resting: 0 };
  slow ||= SOFTWARE.test(rendererOf(glplot.gl));
  camera.tick = () => {
    const moved = tick.call(camera);
    const now = performance.now();
    if (turn.moved) turn.nLate = now - turn.before > SLOW ? turn.nLate + 1 : 0; // how long the frame before this one took
    if (turn.nLate >= N_SLOW) slow = true;
    if (moved) {
      if (!turn.slots) leavePicking(turn);
      if (slow && !turn.points) drawPlainly(turn);
      clearTimeout(turn.resting);
      turn.resting = setTimeout(() => rest(turn), REST);
    }
    [turn.moved, turn.before] = [moved, now];
    return moved;
  };
}

function rendererOf(gl) {
  const more = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(more ? more.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

function rest(turn) {
  const { glplot } = turn;
  if (glplot._stopped || glplot.contextLost) return;
  for (const [object, points] of turn.points ?? []) {
    for (const name of ["draw", "isOpaque", "isTransparent"]) delete object[name];
    points.dispose();
  }
  if (turn.points) setPixels(glplot, turn.ratio);
  for (const [object, slots] of turn.slots) object.pickSlots = slots;
  countSlots(glplot);
  Object.assign(turn, { slots: null, points: null, moved: false, nLate: 0 });
  glplot.update(); // draws all of it in the next frame
}

// Objects without a slot are in no pass of picking, and where none has one there is no pass.
function leavePicking(turn) {
  const { objects } = turn.glplot;
  turn.slots = new Map(objects.map((object) => [object, object.pickSlots]));
  for (const object of objects) object.pickSlots = 0;
  countSlots(turn.glplot);
}

function countSlots(glplot) {
  const nothing = { pickSlots: 0 };
  glplot.add(nothing); // slots are given out when an object comes or goes
  glplot.remove(nothing);
}

function drawPlainly(turn) {
  const { glplot } = turn;
  turn.ratio = glplot.pixelRatio;
  setPixels(glplot, Math.min(1, turn.ratio));
  turn.points = new Map();
  for (const object of glplot.objects) {
    const { scatterPlot, color, data } = object._trace ?? {};
    if (scatterPlot !== object || !["circle", "square"].includes(data.marker.symbol) || object.pointCount < FEW) continue;
    const points = plainPoints(glplot, object, color, data.marker);
    turn.points.set(object, points);
    // what shows through is blended where it lies, without the second drawing that Plotly sorts it by
    Object.assign(object, { draw: points.draw, isOpaque: () => true, isTransparent: () => false });
  }
}

// Plotly does the same at the beginning of a frame; the frame that has begun needs it now.
function setPixels(glplot, ratio) {
  const { canvas } = glplot;
  glplot.pixelRatio = ratio;
  canvas.width = Math.ceil(canvas.parentNode.clientWidth * ratio);
  canvas.height = Math.ceil(canvas.parentNode.clientHeight * ratio);
}

// The points of a trace as one vertex each: `colours` is one "rgb(1,2,3)" or a list of them.
function plainPoints(glplot, { points: places, opacity }, colours, { size, symbol }) {
  const { gl } = glplot;
  const program = plainProgram(glplot);
  const numbers = new Float32Array(5 * places.length); // a place, a colour in four bytes, a size
  const bytes = new Uint8Array(numbers.buffer);
  const known = new Map();
  const inBytes = (colour) => {
    if (!known.has(colour)) known.set(colour, [...colour.match(/\d+/g).slice(0, 3), 255]);
    return known.get(colour);
  };
  places.forEach((place, row) => {
    numbers.set(place, 5 * row);
    bytes.set(inBytes(typeof colours === "string" ? colours : colours[row]), 20 * row + 12);
    numbers[5 * row + 4] = SPAN * (typeof size === "number" ? size : size[row] / 2);
  });
  const arrays = gl.getExtension("OES_vertex_array_object"); // Plotly's own attributes stay as they are
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
      gl.drawArrays(gl.POINTS, 0, places.length);
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
  return (glplot.plainProgram = program);
}
