// The editor's side of `gradlang lsp`: starts it, passes settings on, and runs what only an editor can.
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

let client;
let withoutServer; // what its commands do while it is not there
let turn = Promise.resolve(); // servers start one after the other

export function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("gradlang.restartServer", restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("gradlang.path")) restart();
      else if (change.affectsConfiguration("gradlang.inlayHints") && client?.isRunning()) {
        client.sendNotification("workspace/didChangeConfiguration", { settings: hints() });
      }
    }),
  );
  return restart();
}

export function deactivate() {
  return client?.dispose();
}

function restart() {
  turn = turn.then(start, start);
  return turn;
}

/** A new client each time, because the path may be another. */
async function start() {
  await client?.dispose().catch(() => {}); // it may never have started
  withoutServer?.dispose();
  client = newClient();
  try {
    await promisify(execFile)(settings().get("path"), ["--version"]);
    await client.start(); // makes the server's commands, "gradlang.run" and "gradlang.showGraph", the editor's
  } catch (error) {
    withoutServer = vscode.Disposable.from(
      vscode.commands.registerCommand("gradlang.run", run),
      vscode.commands.registerCommand("gradlang.showGraph", () =>
        vscode.window.showErrorMessage("The language server, which draws the graph, is not running."),
      ),
    );
    if (error.code === "ENOENT") askForPath();
  }
}

async function askForPath() {
  const open = "Open Settings";
  const said = `There is no program \`${settings().get("path")}\`. Install gradlang, or set gradlang.path.`;
  if ((await vscode.window.showErrorMessage(said, open)) === open) {
    vscode.commands.executeCommand("workbench.action.openSettings", "gradlang.path");
  }
}

function settings() {
  return vscode.workspace.getConfiguration("gradlang");
}

function hints() {
  return { inlayHints: settings().get("inlayHints") };
}

function newClient() {
  return new LanguageClient(
    "gradlang", // also the prefix of `gradlang.trace.server`
    "gradlang",
    { command: settings().get("path"), args: ["lsp"] },
    {
      documentSelector: [{ language: "gradlang" }],
      initializationOptions: hints(),
      middleware: { executeCommand },
    },
  );
}

/** The file of a code lens, or the one in front. */
function fileOf(argument) {
  return argument ? vscode.Uri.parse(String(argument)) : vscode.window.activeTextEditor?.document.uri;
}

async function run(argument) {
  const file = fileOf(argument);
  if (!file) return;
  const document = await vscode.workspace.openTextDocument(file);
  if (document.isUntitled || !(await document.save())) return;
  const program = new vscode.ProcessExecution(settings().get("path"), [file.fsPath], {
    cwd: path.dirname(file.fsPath),
  });
  const name = path.basename(file.fsPath);
  const task = new vscode.Task({ type: "process" }, vscode.TaskScope.Workspace, name, "gradlang", program);
  task.presentationOptions = { clear: true };
  await vscode.tasks.executeTask(task);
}

/** Runs belong into a terminal, and what the server answers to the other command is shown. */
async function executeCommand(command, given, next) {
  if (command === "gradlang.run") return run(given[0]);
  const file = fileOf(given[0]);
  if (command !== "gradlang.showGraph" || !file) return next(command, given);
  const found = await next(command, [String(file)]);
  if (found?.dot) {
    const document = await vscode.workspace.openTextDocument({ language: "dot", content: found.dot });
    await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside);
  } else {
    vscode.window.showErrorMessage(found?.output || "There is no graph to show.");
  }
}
