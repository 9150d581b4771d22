'use strict';
// CommonJS and old syntax (see package.json beside this file), so that an old Node.js gets to the messages below.
var fs = require('fs');
var path = require('path');

/** The path of a built program, or the end of this process with what is missing: a newer Node.js, or the build. */
module.exports = function check(program) {
  var wanted = [20, 19];
  var found = process.versions.node.split('.').map(Number);
  if (found[0] < wanted[0] || (found[0] === wanted[0] && found[1] < wanted[1])) {
    fail('clara needs Node.js ' + wanted.join('.') + ' or newer (this is ' + process.versions.node + ', ' + process.execPath + ')',
      'install a current Node.js from https://nodejs.org, or put one first on PATH');
  }
  var file = path.join(__dirname, '..', 'dist', program);
  if (!fs.existsSync(file)) fail('clara is not built (' + file + ' is missing)', 'run `npm install` in ' + path.join(__dirname, '..'));
  return file;
};

function fail(message, hint) {
  process.stderr.write('error: ' + message + '\nhint: ' + hint + '\n');
  process.exit(5);
}
