using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace VfioSharp.MonoFixup;

/// <summary>
/// The compiler of Debian's Mono made a value of what <c>System.Buffers.BuffersExtensions</c> takes by reference
/// (<c>in this ReadOnlySequence&lt;T&gt;</c>), so that no assembly of another compiler finds these methods: System.Text.Json could
/// read nothing. Each call passes the value instead.
/// </summary>
/// <param name="module">The module to change.</param>
internal sealed class SequenceArguments(ModuleDefinition module)
{
    private const string Extensions = "System.Buffers.BuffersExtensions";

    /// <summary>Changes the calls.</summary>
    /// <returns>How many there were.</returns>
    public int PassByValue()
    {
        var calls = (from type in module.GetTypes()
                     from method in type.Methods.Where(method => method.HasBody)
                     from instruction in method.Body.Instructions
                     let called = instruction.Operand as GenericInstanceMethod
                     where called is not null && TakesReference(called)
                     select (method.Body, instruction, called)).ToList();
        foreach (var (body, instruction, called) in calls)
            LoadValue(body, instruction, called);
        // One reference stands for all calls of a method.
        foreach (var method in calls.Select(call => call.called.ElementMethod).Distinct())
            method.Parameters[0].ParameterType = Referenced(method)!;
        return calls.Count;
    }

    // The value is taken from below the other arguments, which lie in variables meanwhile. A branch to the call is one to what comes in its place.
    private static void LoadValue(MethodBody body, Instruction call, GenericInstanceMethod called)
    {
        var others = called.ElementMethod.Parameters.Skip(1).Select(parameter => new VariableDefinition(ValueTypes.Substitute(parameter.ParameterType, called))).ToList();
        others.ForEach(body.Variables.Add);
        List<Instruction> instead =
        [
            .. Enumerable.Reverse(others).Select(variable => Instruction.Create(OpCodes.Stloc, variable)),
            Instruction.Create(OpCodes.Ldobj, ValueTypes.Substitute(Referenced(called.ElementMethod)!, called)),
            .. others.Select(variable => Instruction.Create(OpCodes.Ldloc, variable)),
            Instruction.Create(OpCodes.Call, called),
        ];
        body.SimplifyMacros();
        (call.OpCode, call.Operand) = (instead[0].OpCode, instead[0].Operand);
        var position = body.Instructions.IndexOf(call);
        foreach (var instruction in instead.Skip(1))
            body.Instructions.Insert(++position, instruction);
        body.OptimizeMacros();
    }

    private static bool TakesReference(GenericInstanceMethod called) => called.DeclaringType.FullName == Extensions && Referenced(called.ElementMethod) is not null;

    private static TypeReference? Referenced(MethodReference method) => (method.Parameters[0].ParameterType as ByReferenceType)?.ElementType;
}
