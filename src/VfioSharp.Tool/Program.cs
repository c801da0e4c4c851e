using VfioSharp.Tool;

return await VfioCommand.RunAsync(args, ToolHost.ThisProcess());
