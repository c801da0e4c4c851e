namespace VfioSharp.TwoProcesses;

/// <summary>What the second process does as a client: traffic until it is killed.</summary>
internal static class DrivingProcess
{
    public const string Messages = "messages";
    public const string Loads = "loads";

    public static void Run(string socketPath, string traffic)
    {
        using var scratch = new Scratch(socketPath);
        Console.WriteLine(ServingProcess.Ready);
        while (true)
        {
            if (traffic == Messages)
                scratch.Registers.Read32(0);
            else
                scratch.Shared.Write32(16, scratch.Shared.Read32(16) + 1);
        }
    }
}
